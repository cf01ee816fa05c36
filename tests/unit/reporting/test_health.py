"""How healthy the sync is, and why: from what the mails are derived from."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from qcontact_sync.reporting.alerts import Facts, RateFacts, Rule, RunFacts, evaluate
from qcontact_sync.reporting.health import Health, Level, Matter, judge
from qcontact_sync.reporting.places import Names
from qcontact_sync.reporting.surroundings import NOT_KNOWN, Surroundings, next_run

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROW = {
    "last_sync_at": NOON,
    "last_sync_status": "success",
    "last_sync_duration_seconds": 1.5,
    "quarantined": 2,
    "conflicts_open": 0,
    "failed_last_24h": 3,
    "success_rate_last_7d": 0.8,
    "stuck": 0,
    "broken_runs_last_24h": 1,
    "has_run": True,
    "in_step_until": NOON - HOUR,
}
GOOD = RunFacts("qcontact_sync", "run", "success", NOON - HOUR, NOON - HOUR)
NOT_ASKED = Surroundings()
NAMES = Names()
WELL = Facts(now=NOON, since=NOON - 700 * HOUR, live=GOOD, last_settled_at=NOON - HOUR)
BROKEN = replace(GOOD, status="failed", error_code="SERVER_ERROR", error_message="503")
HELD = replace(BROKEN, error_code="NEEDS_CONFIRMATION", error_message="120 are pending")


def show(moment: datetime) -> str:
    return f"{moment:%d %b %H:%M}"


def judged(facts: Facts = WELL, surroundings: Surroundings = NOT_ASKED, **row: object) -> Health:
    alerts, _ = evaluate(facts, ())
    return judge({**ROW, **row}, 4, facts, alerts, surroundings, NAMES, show)


def test_without_a_finding_it_is_well() -> None:
    health = judged()
    assert (health.level, health.is_healthy, health.health_issues) == (Level.WELL, True, ())


@pytest.mark.parametrize(
    ("facts", "matter", "level", "what"),
    [
        pytest.param(
            replace(WELL, live=BROKEN, failing=2), Rule.RUN_FAILED, Level.ILL,
            "run failed: SERVER_ERROR, 2 in a row", id="failed",
        ),
        pytest.param(
            replace(WELL, last_settled_at=NOON - 13 * HOUR), Rule.STALE, Level.ILL,
            "no run since 23 Nov 23:00", id="stale",
        ),
        pytest.param(
            replace(WELL, inbound=RateFacts(7, 3)), Rule.INBOUND_RATE, Level.ILL,
            "only 70% of the tickets were synced inbound", id="rate",
        ),
        pytest.param(
            replace(WELL, live=HELD, held=True), Rule.HELD, Level.ATTENTION,
            "outbound changes are held until you confirm them", id="held",
        ),
        pytest.param(
            replace(WELL, needs_you=1), Rule.NEEDS_YOU, Level.ATTENTION,
            "1 open conflict needs a decision", id="conflict",
        ),
        pytest.param(
            replace(WELL, needs_you=2), Rule.NEEDS_YOU, Level.ATTENTION,
            "2 open conflicts need a decision", id="conflicts",
        ),
    ],
)  # fmt: skip
def test_each_open_alert_is_a_finding(facts: Facts, matter: Rule, level: Level, what: str) -> None:
    health = judged(facts)
    (found,) = health.reasons
    assert (found.matter, found.what) == (matter, what)
    assert (health.level, health.is_healthy, health.health_issues) == (level, False, (what,))


def test_a_run_that_a_person_mistyped_is_not_the_health_of_the_sync() -> None:
    """It is the newest in the history, and no live run."""
    assert judged(last_sync_status="failed").level is Level.WELL


@pytest.mark.parametrize(
    ("surroundings", "row", "matter", "what"),
    [
        pytest.param(
            Surroundings(is_paused=True, paused_since=NOON - 2 * HOUR), {}, Matter.PAUSED,
            "the DAG is paused since 24 Nov 10:00: no scheduled run begins", id="paused",
        ),
        pytest.param(
            Surroundings(is_paused=True), {}, Matter.PAUSED,
            "the DAG is paused: no scheduled run begins", id="paused-long-ago",
        ),
        pytest.param(
            Surroundings(), {"stuck": 1}, Matter.STUCK,
            "1 ticket fails and needs a correction", id="poisoned",
        ),
        pytest.param(
            Surroundings(), {"stuck": 3}, Matter.STUCK,
            "3 tickets fail and need a correction", id="several",
        ),
    ],
)  # fmt: skip
def test_what_no_mail_is_about_at_once_needs_attention_too(
    surroundings: Surroundings, row: dict[str, object], matter: Matter, what: str
) -> None:
    health = judged(surroundings=surroundings, **row)
    assert [(found.matter, found.what) for found in health.reasons] == [(matter, what)]
    assert (health.level, health.is_healthy) == (Level.ATTENTION, False)


@pytest.mark.parametrize(
    ("facts", "surroundings"),
    [
        pytest.param(WELL, Surroundings(no_mails="X is not set"), id="no-mails"),
        pytest.param(WELL, Surroundings(no_notifications="no Y"), id="no-notifications"),
        pytest.param(replace(WELL, dated_failed=1), Surroundings(), id="dated-run"),
        pytest.param(replace(WELL, differing=1), Surroundings(), id="divergence"),
    ],
)
def test_what_lets_no_ticket_wait_needs_attention_but_leaves_it_healthy(
    facts: Facts, surroundings: Surroundings
) -> None:
    health = judged(facts, surroundings)
    assert (health.level, health.is_healthy) == (Level.ATTENTION, True)
    assert len(health.health_issues) == 1


def test_before_the_first_run_there_is_one_step_to_do() -> None:
    fresh = Facts(now=NOON, since=NOON - 20 * HOUR)
    health = judged(fresh, last_sync_at=None, has_run=False)
    assert (health.health_issues, health.level, health.is_new) == (("no run yet",), Level.ILL, True)
    assert health.to_dict()["last_sync_at"] is None


def test_the_worst_is_named_first() -> None:
    health = judged(replace(WELL, live=BROKEN, needs_you=1), stuck=1)
    assert [found.matter for found in health.reasons] == [
        Rule.RUN_FAILED, Rule.NEEDS_YOU, Matter.STUCK,
    ]  # fmt: skip
    assert health.level is Level.ILL


def test_tickets_that_fail_for_a_day_are_named_once() -> None:
    facts = replace(WELL, old_entries=1, oldest_entry_at=NOON - 30 * HOUR)
    assert [found.matter for found in judged(facts, stuck=1).reasons] == [Matter.STUCK]


def test_a_failed_run_comes_with_its_reason_and_what_to_do() -> None:
    (found,) = judged(replace(WELL, live=BROKEN)).reasons
    assert found.why == "503"
    assert found.meaning == "QContact reported an internal error"
    assert "QContact's support" in found.remedy


@pytest.mark.parametrize(
    ("surroundings", "said"),
    [
        pytest.param(Surroundings(), NOT_KNOWN, id="not-asked"),
        pytest.param(Surroundings(False, next_run_at=NOON), "24 Nov 12:00", id="scheduled"),
        pytest.param(
            Surroundings(False, next_run_at=NOON - HOUR), "due since 24 Nov 11:00", id="due"
        ),
        pytest.param(Surroundings(True), "none: the DAG is paused", id="paused"),
        pytest.param(
            Surroundings(True, NOON), "none: the DAG is paused since 24 Nov 12:00", id="since"
        ),
    ],
)
def test_the_next_run_is_told_in_the_same_words_everywhere(
    surroundings: Surroundings, said: str
) -> None:
    for known in (surroundings, judged(WELL, surroundings)):
        assert next_run(known, show, NOON) == said


def test_the_numbers_are_told_as_plain_values() -> None:
    around = Surroundings(is_paused=False, next_run_at=NOON + 6 * HOUR)
    assert judged(surroundings=around).to_dict() == {
        "last_sync_at": "2026-11-24T12:00:00+00:00",
        "last_sync_status": "success",
        "last_sync_duration_seconds": 1.5,
        "pending_outbound": 4,
        "quarantined": 2,
        "conflicts_open": 0,
        "failed_last_24h": 3,
        "success_rate_last_7d": 0.8,
        "is_healthy": True,
        "health_issues": [],
        "level": "healthy",
        "broken_runs_last_24h": 1,
        "in_step_until": "2026-11-24T11:00:00+00:00",
        "next_run_at": "2026-11-24T18:00:00+00:00",
        "paused_since": None,
        "is_paused": False,
    }
