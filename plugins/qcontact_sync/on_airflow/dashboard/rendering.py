"""The templates, and the functions that they can use."""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from qcontact_sync.core.canon import printable
from qcontact_sync.on_airflow.dashboard import charts
from qcontact_sync.on_airflow.dashboard.security import account_of, issue_token
from qcontact_sync.reporting import formats, wording
from qcontact_sync.reporting.advice import advice_for
from qcontact_sync.reporting.periods import LAST
from qcontact_sync.reporting.places import DASHBOARD, Place
from qcontact_sync.reporting.timeline import shown_changes
from qcontact_sync.reporting.wording import last_decision, next_try

FOLDER = Path(__file__).parent

_environment = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters.update(
    seconds=formats.seconds,
    share=formats.share,
    shown_at=formats.shown_briefly,
    plain=printable,
    count="{:,}".format,
    utc=lambda instant: instant.astimezone(UTC),
)
_environment.globals.update(
    advice_for=advice_for,
    charts=charts,
    wording=wording,
    last_decision=last_decision,
    next_try=next_try,
    shown_changes=shown_changes,
    periods=LAST,
    version=version("qcontact-sync"),
)


def page(request: Request, template: str, view: dict[str, Any], status: int = 200) -> HTMLResponse:
    """Render a page of the dashboard.

    Args:
        view: The template's own names; ``user`` and ``may_act`` come from the request's state.
    """
    prefix: str = request.scope["root_path"]
    airflow = prefix.rpartition(DASHBOARD)[0]
    user = getattr(request.state, "dashboard_user", None)
    names = {
        "may_act": getattr(request.state, "may_act", False),
        "here": request.url.path.removeprefix(prefix),
        "url": lambda path, **query: _address(prefix + path, query),
        "place_url": lambda place: (airflow if place.is_airflows else prefix) + place.path,
        "airflow_url": lambda path: airflow + path,
        "segment": lambda text: quote(str(text), safe=""),
        "token": lambda purpose: issue_token(user, account_of(request), purpose) if user else "",
        "account": request.path_params.get("account"),
        "accounts": getattr(request.state, "accounts", []),
        "accounts_url": lambda name: f"{airflow}{DASHBOARD}/accounts/{name}/",
        "dag_id": lambda: account_of(request).dag_id,
        "said": None,
        "then": None,
        **view,
    }
    return HTMLResponse(_environment.get_template(template).render(names), status)


def _address(path: str, query: dict[str, object]) -> str:
    given = {name: str(value) for name, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path


def problem(
    request: Request,
    status: int,
    title: str,
    *sentences: str,
    login: str | None = None,
    places: Sequence[Place] = (),
) -> HTMLResponse:
    """A page that shows an error and what to do about it.

    Args:
        places: Where that is done.
    """
    view = {
        "title": title,
        "sentences": [text for text in sentences if text],
        "now": datetime.now(UTC),
        "zone": UTC,
        "login": login,
        "places": places,
    }
    return page(request, "problem.html", view, status)
