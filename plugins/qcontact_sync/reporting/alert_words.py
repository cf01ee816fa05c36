"""The texts and numbers of alert mails, without personal data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from qcontact_sync.core.errors import SyncError
from qcontact_sync.reporting import alert_texts as texts
from qcontact_sync.reporting.advice import advice_for
from qcontact_sync.reporting.alerts import AlertChange, ChangeKind, Detail, Facts, RateFacts, Rule
from qcontact_sync.reporting.places import (
    Names,
    Place,
    connection_of,
    correcting,
    places_of,
    remedy_for,
)
from qcontact_sync.reporting.surroundings import Surroundings, next_run

PREFIX = "[qcontact_sync]"
_LEAD = {
    ChangeKind.OPENED: "",
    ChangeKind.WORSENED: "WORSE: ",
    ChangeKind.REMINDER: "STILL: ",
    ChangeKind.OVER: "OVER: ",
}

Show = Callable[[datetime], str]
"""Formats an instant for users."""


@dataclass(frozen=True, slots=True)
class Message:
    """The content of one mail.

    Attributes:
        subject: ASCII; names the account, the change and the alert.
        paragraphs: What happened.
        numbers: (name, value) pairs.
        details: Error codes and fields with ids of tickets, under ``details_title``.
        steps: What to do.
        anchor: The section of the runbook.
        places: Where it is settled.
    """

    subject: str
    headline: str
    paragraphs: Sequence[str]
    numbers: Sequence[tuple[str, str]]
    details: Sequence[Detail]
    details_title: str
    steps: Sequence[str]
    anchor: str
    places: Sequence[Place] = ()


def message(
    change: AlertChange,
    facts: Facts,
    details: Sequence[Detail],
    show: Show,
    names: Names | None = None,
    around: Surroundings | None = None,
) -> Message:
    """Return the mail for a change of an alert.

    Args:
        details: All of quarantine and conflicts; only those of the rule are used.
        names: Of the alert's account.
        around: What Airflow knows about the account's DAG.
    """
    names, around = names or Names(), around or Surroundings()
    account = names.account
    rule, is_over = change.alert.rule, change.kind is ChangeKind.OVER
    headline = texts.OVER[rule] if is_over else _headline(change, facts, show)
    subject = f"{headed(_LEAD[change.kind], account)}{headline}"
    kind = texts.DETAILS.get(rule, "")
    return Message(
        subject=subject.encode("ascii", "replace").decode(),
        headline=headline[0].upper() + headline[1:],
        paragraphs=_paragraphs(change, facts, show),
        numbers=[
            *_whose(account),
            *_numbers(change, facts, names, show),
            *_next_run(around, show, facts.now),
        ],
        details=() if is_over else [d for d in details if d.kind == kind],
        details_title=texts.DETAILS_TITLE.get(kind, ""),
        steps=() if is_over else _of_account(account, _steps(rule, facts, names)),
        anchor=rule.value,
        places=() if is_over else _places(rule, facts, names, around),
    )


def _places(rule: Rule, facts: Facts, names: Names, around: Surroundings) -> Sequence[Place]:
    """Where it is settled; what a paused DAG causes, first where it is unpaused."""
    is_of_pause = around.is_paused and rule is Rule.STALE
    first = places_of("paused", None, names) if is_of_pause else ()
    return (*first, *places_of(rule, facts, names))


def _next_run(around: Surroundings, show: Show, now: datetime) -> list[tuple[str, str]]:
    return [] if around.is_paused is None else [("Next run", next_run(around, show, now))]


def headed(lead: str, account: str | None) -> str:
    """The beginning of a subject."""
    return f"{PREFIX} {f'{account}: ' if account else ''}{lead}"


def no_database(
    error: SyncError,
    run_id: str,
    names: Names,
    show: Show,
    around: Surroundings | None,
    now: datetime,
) -> Message:
    """The mail about a run if FibreFlow's database is not available."""
    account = names.account
    headline = f"run failed: {error.code.value}, FibreFlow's database is not available"
    return Message(
        subject=f"{headed('', account)}{headline}",
        headline=headline[0].upper() + headline[1:],
        paragraphs=[
            "The run could not be recorded, and no other alert can be checked until the database "
            "answers again. Nothing is lost: the next run continues from the last complete run.",
            f"It ended with: {error}",
            "No mail reports the end. The next green run shows it.",
        ],
        numbers=[
            *_whose(account),
            ("Run", run_id),
            ("Connection", names.fibreflow),
            *_next_run(around or Surroundings(), show, now),
        ],
        details=(),
        details_title="",
        steps=_of_account(
            account,
            [
                f"Check the database and the connection {names.fibreflow}, or: "
                "qcontact-sync doctor",
                "After the fix, choose Start a run on the dashboard, or: qcontact-sync run",
            ],
        ),
        anchor="no-database",
        places=[
            correcting(names.fibreflow),
            Place("/", "See whether the database answers again, and start a run"),
        ],
    )


def _of_account(account: str | None, steps: Sequence[str]) -> Sequence[str]:
    """The steps with commands that contain the account."""
    command = f"qcontact-sync --account {account}" if account else "qcontact-sync"
    return [step.replace("qcontact-sync", command) for step in steps]


def _whose(account: str | None) -> list[tuple[str, str]]:
    return [("Account", account)] if account else []


def finding(rule: Rule, facts: Facts, show: Show, slot: datetime | None = None) -> str:
    """One sentence for a status page: the present result of the rule.

    Args:
        slot: Of a late run; default: that of the newest scheduled run.
    """
    newest = facts.scheduled.slot if facts.scheduled else None
    return _find(rule, facts, slot or newest, show)


def _headline(change: AlertChange, facts: Facts, show: Show) -> str:
    return _find(change.alert.rule, facts, change.alert.slot, show)


def _find(rule: Rule, facts: Facts, slot: datetime | None, show: Show) -> str:
    code = facts.live.error_code if facts.live else None
    failed = f"run failed: {code or 'all tried tickets failed'}"
    last = facts.last_settled_at
    words = {
        Rule.RUN_FAILED: failed + (f", {facts.failing} in a row" if facts.failing > 1 else ""),
        Rule.DATED_RUN_FAILED: f"{_count(facts.dated_failed, 'run')} over past dates failed",
        Rule.LATE: f"the run of {show(slot) if slot else 'the last slot'} is late",
        Rule.STALE: f"no run since {show(last or facts.since)}" + ("" if last else " (the setup)"),
        Rule.INBOUND_RATE: f"only {_percent(facts.inbound)} of the tickets were synced inbound",
        Rule.OUTBOUND_RATE: f"only {_percent(facts.outbound)} of the changes were sent",
        Rule.QUARANTINE_OLD: f"{_count(facts.old_entries, 'ticket')} failing for more than a day",
        Rule.NEEDS_YOU: _open_conflicts(facts.needs_you),
        Rule.HELD: "outbound changes are held until you confirm them",
        Rule.DIVERGENCE: "tickets differ between the two sides for no known reason",
    }
    return words[rule]


def _paragraphs(change: AlertChange, facts: Facts, show: Show) -> list[str]:
    alert = change.alert
    began = show(alert.opened_at)
    if change.kind is ChangeKind.OVER:
        return [f"This alert was open since {began} and is over.", texts.MEANS_OVER]
    lines = [texts.MEANING[alert.rule]]
    if alert.rule in (Rule.RUN_FAILED, Rule.HELD) and facts.live and facts.live.error_message:
        lines.append(f"It ended with: {facts.live.error_message}")
    if change.alert.rule is Rule.RUN_FAILED and change.alert.severity > 1:
        lines.append("No run was complete for more than 12 hours and 30 minutes.")
    if change.kind is not ChangeKind.OPENED:
        lines.append(f"The alert has been open since {began}.")
    return lines


def _numbers(change: AlertChange, facts: Facts, names: Names, show: Show) -> list[tuple[str, str]]:
    numbers = [("Last complete run", _shown(facts.last_settled_at, show))]
    if facts.live:
        numbers.append(("Newest run", f"{facts.live.run_id} ({facts.live.status})"))
    if change.kind is not ChangeKind.OVER:
        numbers.append(_connections(change.alert.rule, facts, names))
    if facts.failing and facts.failing_since:
        numbers.append(("Failed in a row", f"{facts.failing}, since {show(facts.failing_since)}"))
    rates = {Rule.INBOUND_RATE: facts.inbound, Rule.OUTBOUND_RATE: facts.outbound}
    if rate := rates.get(change.alert.rule):
        tried = rate.successful + rate.failed
        numbers.append(
            ("Tried for the first time", f"{tried}, of which {rate.successful} succeeded")
        )
    if facts.old_entries and facts.oldest_entry_at:
        numbers.append(
            ("Failing for a day", f"{facts.old_entries}, since {show(facts.oldest_entry_at)}")
        )
    if facts.needs_you:
        numbers.append(("Open conflicts", str(facts.needs_you)))
    return numbers


def _connections(rule: Rule, facts: Facts, names: Names) -> tuple[str, str]:
    """The connection that caused the failure, or both."""
    code = facts.live.error_code if facts.live and rule is Rule.RUN_FAILED else None
    connection = connection_of(code, names)
    both = f"{names.qcontact}, {names.fibreflow}"
    return ("Connection", connection) if connection else ("Connections", both)


def _steps(rule: Rule, facts: Facts, names: Names) -> Sequence[str]:
    if rule is not Rule.RUN_FAILED or facts.live is None:
        return texts.STEPS[rule]
    code = facts.live.error_code
    means, helps = advice_for(code)[0], remedy_for(code, names)
    advice = f"{code}: {means}. What to do: {helps}." if means else texts.FAILURES
    return [advice, *texts.STEPS[rule]]


def _shown(moment: datetime | None, show: Show) -> str:
    return show(moment) if moment else "never"


def _percent(rate: RateFacts | None) -> str:
    return f"{rate.rate:.0%}" if rate else "few"


def _open_conflicts(count: int) -> str:
    return f"{_count(count, 'open conflict')} {'needs' if count == 1 else 'need'} a decision"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
