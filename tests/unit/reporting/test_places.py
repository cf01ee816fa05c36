"""Where each matter is settled: a page that exists, an anchor that exists."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from qcontact_sync.reporting.alerts import Facts, Rule, RunFacts
from qcontact_sync.reporting.health import Matter
from qcontact_sync.reporting.places import Names, Place, address_of, places_of

RUNBOOK = Path(__file__).parents[3] / "docs" / "runbook.md"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MATTERS = [*Rule, *Matter]
NAMES = Names("north", "qcontact_sync_north", "qcontact_north", "fibreflow_north")


JOB = UUID(int=7)


def failed(code: str | None, job_id: UUID | None = JOB) -> Facts:
    live = RunFacts("qcontact_sync", "run", "failed", NOON, NOON, code, job_id=job_id)
    return Facts(now=NOON, since=NOON, live=live)


@pytest.mark.parametrize("matter", MATTERS)
def test_the_runbook_has_a_section_for_each(matter: str) -> None:
    assert f"\n### {matter}\n" in RUNBOOK.read_text()


@pytest.mark.parametrize("matter", MATTERS)
def test_each_has_a_place_and_says_what_to_do_there(matter: str) -> None:
    for place in places_of(matter, None, NAMES):
        assert place.path.startswith("/")
        assert place.do


def test_a_failed_run_leads_to_its_own_page() -> None:
    (place,) = places_of(Rule.RUN_FAILED, failed("SERVER_ERROR"), NAMES)
    assert place.path == f"/runs/{JOB}"
    assert places_of(Rule.RUN_FAILED, failed(None, None), NAMES)[0].path == "/runs"


@pytest.mark.parametrize(
    ("code", "connection"),
    [("AUTHENTICATION_ERROR", "qcontact_north"), ("DATABASE_ERROR", "fibreflow_north")],
)
def test_what_a_connection_may_cause_leads_to_the_connection_too(
    code: str, connection: str
) -> None:
    _, correct = places_of(Rule.RUN_FAILED, failed(code), NAMES)
    path = f"/connections?name_pattern={connection}"
    assert correct == Place(path, f"Correct the connection {connection}", True)


def test_a_paused_dag_leads_to_the_dag() -> None:
    (place,) = places_of(Matter.PAUSED, None, NAMES)
    assert (place.path, place.is_airflows) == ("/dags/qcontact_sync_north", True)


def test_an_address_is_below_airflow_and_names_the_account() -> None:
    runs, connections = Place("/runs", ""), Place("/connections", "", is_airflows=True)
    assert address_of(runs, "https://a.test/", None) == "https://a.test/qcontact-sync/runs"
    assert (
        address_of(runs, "https://a.test/x", "north 2")
        == "https://a.test/x/qcontact-sync/accounts/north%202/runs"
    )
    assert address_of(connections, "https://a.test/", "north") == "https://a.test/connections"
