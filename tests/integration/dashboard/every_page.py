"""Every page of the dashboard by its route, with addresses that show it in its states."""

from collections.abc import Mapping, Sequence

import psycopg
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount

import tests.private_airflow  # noqa: F401

PLAIN = {
    "/": ("/", "/?period=90d", "/?period=365d", "/?said=start_run"),
    "/runs": ("/runs", "/runs?status=failed&period=365d"),
    "/pending": ("/pending",),
    "/pending/confirm": ("/pending/confirm",),
    "/quarantine": ("/quarantine", "/quarantine?said=retry", "/quarantine?state=dismissed"),
    "/quarantine/all/retry": ("/quarantine/all/retry",),
    "/conflicts": ("/conflicts",),
    "/compare": ("/compare", "/compare?pick=all"),
    "/fields": ("/fields",),
    "/run": ("/run",),
    "/help": ("/help",),
    "/help/{name}": ("/help/dispatchers",),
    "/ticket": ("/ticket?id=FT100000", "/ticket?id=FT10", "/ticket?id=nothing"),
}
"""A ticket, several that match, and a problem."""
BEHIND_A_FORM = {"/compare/plan": ("/compare?pick=all", "Plan: keep FibreFlow\u2019s values")}
"""Where the form is, and its button."""
_OF_RUNS = """
SELECT DISTINCT ON (status, coalesce(error_code, ''), newest) id
FROM (
    SELECT *, started_at = max(started_at) OVER () AS newest FROM sync_job_history
) AS run
ORDER BY status, coalesce(error_code, ''), newest
"""


def routes() -> Sequence[APIRoute]:
    """Those of one account."""
    from qcontact_sync.on_airflow.dashboard.app import create_app

    (pages,) = {m.app for m in create_app().routes if isinstance(m, Mount)}
    assert isinstance(pages, FastAPI)
    return [route for route in pages.routes if isinstance(route, APIRoute)]


def page_routes() -> set[str]:
    """The routes that answer with a page, not with a redirection or a file."""
    answers = {
        route.path: route.endpoint.__annotations__["return"]
        for route in routes()
        if "GET" in route.methods or route.path in BEHIND_A_FORM
    }
    return {path for path, answer in answers.items() if answer in (HTMLResponse, Response)}


def action_routes() -> set[str]:
    """The routes that a form posts to."""
    return {route.path for route in routes() if "POST" in route.methods}


def addresses(dsn: str) -> Mapping[str, Sequence[str]]:
    """Addresses by route, of a FibreFlow with every kind of run, entry and conflict."""
    with psycopg.connect(dsn) as connection:
        runs = [str(run) for (run,) in connection.execute(_OF_RUNS)]
        (entry,) = connection.execute("SELECT id FROM qcontact_quarantine LIMIT 1").fetchone()
        (conflict,) = connection.execute(
            "SELECT id FROM qcontact_conflict WHERE kind = 'needs_you' LIMIT 1"
        ).fetchone()
    return {
        **PLAIN,
        "/runs/{job_id}": [f"/runs/{run}" for run in runs],
        "/quarantine/{entry_id}/{action}": [
            f"/quarantine/{entry}/{change}" for change in ("retry", "dismiss")
        ],
        "/conflicts/{conflict_id}/{keep}": [
            f"/conflicts/{conflict}/{side}" for side in ("local", "remote")
        ],
    }
