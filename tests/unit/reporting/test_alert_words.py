"""What mails say: every word of them, as people read it, in mails.txt."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import fill

import pytest
from qcontact_sync.core.errors import ErrorCode, FatalError
from qcontact_sync.reporting.alert_words import Message, finding, message, no_database
from qcontact_sync.reporting.alerts import (
    Alert,
    AlertChange,
    ChangeKind,
    Detail,
    Facts,
    RateFacts,
    Rule,
    RunFacts,
)
from qcontact_sync.reporting.places import Names
from qcontact_sync.reporting.surroundings import Surroundings

MAILS = Path(__file__).with_name("mails.txt")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BAD = RunFacts(
    "qcontact_sync", "scheduled 06:00", "failed", NOON - HOUR, NOON - HOUR,
    "SERVER_ERROR", "QContact answers 503",
)  # fmt: skip
WELL = Facts(
    now=NOON,
    since=NOON - 700 * HOUR,
    live=replace(BAD, status="success", error_code=None, error_message=None),
    last_settled_at=NOON - HOUR,
)
DETAILS = (
    Detail("quarantine", "VALIDATION_ERROR", 2, ["Q1", "Q2"]),
    Detail("needs_you", "status", 1, ["Q3"]),
)
FACTS = {
    Rule.RUN_FAILED: replace(WELL, live=BAD, failing=1, failing_since=NOON - HOUR),
    Rule.DATED_RUN_FAILED: replace(WELL, dated_failed=1),
    Rule.LATE: WELL,
    Rule.STALE: replace(WELL, last_settled_at=NOON - 13 * HOUR),
    Rule.INBOUND_RATE: replace(WELL, inbound=RateFacts(7, 3)),
    Rule.OUTBOUND_RATE: replace(WELL, outbound=RateFacts(5, 7)),
    Rule.QUARANTINE_OLD: replace(WELL, old_entries=1, oldest_entry_at=NOON - 25 * HOUR),
    Rule.NEEDS_YOU: replace(WELL, needs_you=1),
    Rule.HELD: replace(
        WELL,
        held=True,
        live=replace(BAD, error_code="NEEDS_CONFIRMATION", error_message="120 are waiting"),
    ),
    Rule.DIVERGENCE: replace(WELL, differing=2),
}


NORTH = Names("north", "qcontact_sync_north", "qcontact_north", "fibreflow_north")


def show(moment: datetime) -> str:
    return f"{moment:%d %b %H:%M}"


def alert_change(
    rule: Rule, change: ChangeKind = ChangeKind.OPENED, severity: int = 1
) -> AlertChange:
    slot = NOON - 6 * HOUR if rule is Rule.LATE else None
    return AlertChange(change, Alert(rule, severity, NOON - 2 * HOUR, NOON, slot))


def mail(
    rule: Rule, change: ChangeKind = ChangeKind.OPENED, severity: int = 1, **more: object
) -> Message:
    facts = replace(FACTS[rule], **more)
    return message(alert_change(rule, change, severity), facts, DETAILS, show)


def every_mail() -> Iterator[Message]:
    for rule in Rule:
        yield mail(rule)
    for change in (ChangeKind.WORSENED, ChangeKind.REMINDER):
        yield mail(Rule.RUN_FAILED, change, severity=2, failing=3)
    for rule in Rule:
        yield mail(rule, ChangeKind.OVER)
    yield mail(Rule.RUN_FAILED, live=replace(BAD, error_code=None, error_message=None))
    yield mail(Rule.RUN_FAILED, live=replace(BAD, error_code="UNHEARD_OF"), failing=2)
    yield mail(Rule.RUN_FAILED, live=replace(BAD, error_code="AUTHENTICATION_ERROR"))
    yield mail(Rule.DATED_RUN_FAILED, dated_failed=2)
    yield mail(Rule.STALE, live=None, last_settled_at=None)
    yield mail(Rule.INBOUND_RATE, inbound=None)
    yield mail(Rule.QUARANTINE_OLD, old_entries=12)
    yield message(alert_change(Rule.NEEDS_YOU), FACTS[Rule.NEEDS_YOU], DETAILS, show, NORTH)
    yield message(
        alert_change(Rule.HELD, ChangeKind.REMINDER), FACTS[Rule.HELD], DETAILS, show, NORTH
    )
    paused = Surroundings(is_paused=True)
    yield message(alert_change(Rule.STALE), FACTS[Rule.STALE], DETAILS, show, around=paused)
    next_slot = Surroundings(is_paused=False, next_run_at=NOON + 6 * HOUR)
    yield message(alert_change(Rule.HELD), FACTS[Rule.HELD], DETAILS, show, around=next_slot)
    error = FatalError("no route to the database", ErrorCode.DATABASE_ERROR)
    for names in (Names(), NORTH):
        yield no_database(error, "scheduled 06:00", names, show, next_slot, NOON)


def as_text(one: Message) -> str:
    """A mail's content, plainly: `test_mails` tests its layout."""
    details = [f"  {d.word}: {d.tickets} ({', '.join(d.examples)})" for d in one.details]
    return "\n".join(
        [
            f"Subject: {one.subject}",
            f"# {one.headline}",
            *(fill(paragraph, 96) for paragraph in one.paragraphs),
            *(f"[{place.do}] {place.path}" for place in one.places),
            *(f"{name}: {value}" for name, value in one.numbers),
            *([one.details_title, *details] if details else []),
            *(fill(f"- {step}", 96) for step in one.steps),
            f"runbook #{one.anchor}",
        ]
    )


def test_every_mail_says_what_is_written_down() -> None:
    """Where it is meant to say something else, mails.txt is written anew and looked at."""
    written = "\n\n".join(map(as_text, every_mail())) + "\n"
    assert written == MAILS.read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", list(Rule), ids=lambda rule: rule.value)
def test_a_status_page_says_what_the_mail_is_about(rule: Rule) -> None:
    slot = replace(BAD, slot=NOON - 6 * HOUR)
    found = finding(rule, replace(FACTS[rule], scheduled=slot), show)
    assert mail(rule).subject == f"[qcontact_sync] {found}"


def test_a_late_run_is_named_where_its_slot_is_not_known() -> None:
    assert finding(Rule.LATE, WELL, show) == "the run of the last slot is late"


def test_a_subject_is_plain_ascii() -> None:
    odd = mail(Rule.RUN_FAILED, live=replace(BAD, error_code="FÜHLT"))
    assert odd.subject == "[qcontact_sync] run failed: F?HLT"
    assert odd.headline == "Run failed: FÜHLT"


@pytest.mark.parametrize("rule", list(Rule), ids=lambda rule: rule.value)
def test_an_alert_that_is_over_asks_for_nothing(rule: Rule) -> None:
    over = mail(rule, ChangeKind.OVER)
    assert (over.steps, over.details) == ((), ())


@pytest.mark.parametrize(
    ("rule", "title"),
    [
        (Rule.QUARANTINE_OLD, "Tickets in quarantine"),
        (Rule.NEEDS_YOU, "Open conflicts"),
        (Rule.LATE, ""),
    ],
)
def test_tickets_stand_under_a_title_where_there_are_any(rule: Rule, title: str) -> None:
    assert mail(rule).details_title == title


def test_without_a_database_there_is_nothing_to_list() -> None:
    gone = no_database(
        FatalError("gone", ErrorCode.DATABASE_ERROR), "run", Names(), show, None, NOON
    )
    assert (gone.details, gone.details_title) == ((), "")


@pytest.mark.parametrize(
    "facts",
    [{"failing": 3}, {"failing_since": NOON}, {"old_entries": 3}, {"oldest_entry_at": NOON}],
    ids=lambda given: next(iter(given)),
)
def test_half_a_number_is_not_told(facts: dict[str, object]) -> None:
    names = [name for name, _ in mail(Rule.LATE, **facts).numbers]
    assert names == ["Last complete run", "Newest run", "Connections"]
