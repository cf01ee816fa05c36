"""What a person is told about an alert: in words and numbers, without any personal data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from qcontact_sync.core.errors import SyncError
from qcontact_sync.reporting.advice import advice_for
from qcontact_sync.reporting.alerts import AlertChange, Change, Detail, Facts, RateFacts, Rule

PREFIX = "[qcontact_sync]"
_LEAD = {
    Change.OPENED: "",
    Change.WORSENED: "WORSE: ",
    Change.REMINDER: "STILL: ",
    Change.OVER: "OVER: ",
}

Show = Callable[[datetime], str]
"""An instant as people read it."""


@dataclass(frozen=True, slots=True)
class Message:
    """The content of one mail.

    Attributes:
        subject: ASCII; says it all.
        paragraphs: What happened.
        numbers: (name, value) pairs.
        details: Error codes and fields with ids of tickets, under ``details_title``.
        steps: What to do.
        anchor: The section of the runbook.
    """

    subject: str
    headline: str
    paragraphs: Sequence[str]
    numbers: Sequence[tuple[str, str]]
    details: Sequence[Detail]
    details_title: str
    steps: Sequence[str]
    anchor: str


def message(
    told: AlertChange,
    facts: Facts,
    details: Sequence[Detail],
    show: Show,
    account: str | None = None,
) -> Message:
    """Put a change of an alert into words.

    Args:
        details: Everything in quarantine and in conflict; what concerns the rule is taken.
        account: Where there are several, whose alert it is.
    """
    rule, is_over = told.alert.rule, told.change is Change.OVER
    headline = _OVER[rule] if is_over else _headline(told, facts, show)
    subject = f"{headed(_LEAD[told.change], account)}{headline}"
    kind = _DETAILS.get(rule, "")
    return Message(
        subject=subject.encode("ascii", "replace").decode(),
        headline=headline[0].upper() + headline[1:],
        paragraphs=_paragraphs(told, facts, show),
        numbers=[*_whose(account), *_numbers(told, facts, show)],
        details=() if is_over else [d for d in details if d.kind == kind],
        details_title=_DETAILS_TITLE.get(kind, ""),
        steps=() if is_over else _of_account(account, _steps(rule, facts)),
        anchor=rule.value,
    )


def headed(lead: str, account: str | None) -> str:
    """How a subject begins."""
    return f"{PREFIX} {f'{account}: ' if account else ''}{lead}"


def no_database(error: SyncError, run_id: str, account: str | None) -> Message:
    """What can be told of a run where FibreFlow's database cannot be asked about anything."""
    headline = f"run failed: {error.code.value}, FibreFlow's database cannot be asked"
    return Message(
        subject=f"{headed('', account)}{headline}",
        headline=headline[0].upper() + headline[1:],
        paragraphs=[
            "The run could not be put on record, and no alert can be decided until the database "
            "answers again. Nothing is lost: the next run goes on from the last one that settled.",
            f"It ended with: {error}",
            "No mail says when this is over: the next green run does.",
        ],
        numbers=[*_whose(account), ("Run", run_id)],
        details=(),
        details_title="",
        steps=_of_account(
            account, ["Check the database and the connection to it: qcontact-sync doctor"]
        ),
        anchor="no-database",
    )


def _of_account(account: str | None, steps: Sequence[str]) -> Sequence[str]:
    """Steps whose commands can be taken as they stand."""
    command = f"qcontact-sync --account {account}" if account else "qcontact-sync"
    return [step.replace("qcontact-sync", command) for step in steps]


def _whose(account: str | None) -> list[tuple[str, str]]:
    return [("Account", account)] if account else []


def finding(rule: Rule, facts: Facts, show: Show) -> str:
    """One sentence for a status page: what the rule finds now."""
    return _find(rule, facts, facts.scheduled.slot if facts.scheduled else None, show)


def _headline(told: AlertChange, facts: Facts, show: Show) -> str:
    return _find(told.alert.rule, facts, told.alert.slot, show)


def _find(rule: Rule, facts: Facts, slot: datetime | None, show: Show) -> str:
    code = facts.live.error_code if facts.live else None
    failed = f"run failed: {code or 'no ticket that was tried succeeded'}"
    last = facts.last_settled_at
    words = {
        Rule.RUN_FAILED: failed + (f", {facts.failing} in a row" if facts.failing > 1 else ""),
        Rule.DATED_RUN_FAILED: f"{_count(facts.dated_failed, 'run')} over past dates failed",
        Rule.LATE: f"the run of {show(slot) if slot else 'the last slot'} is late",
        Rule.STALE: f"no run since {show(last or facts.since)}" + ("" if last else ", or ever"),
        Rule.INBOUND_RATE: f"only {_percent(facts.inbound)} of the tickets came in",
        Rule.OUTBOUND_RATE: f"only {_percent(facts.outbound)} of the changes went out",
        Rule.QUARANTINE_OLD: f"{_count(facts.old_entries, 'ticket')} failing for more than a day",
        Rule.NEEDS_YOU: f"{_count(facts.needs_you, 'conflict')} waiting for a person",
        Rule.HELD: "unusually many changes are held and not sent",
        Rule.DIVERGENCE: "tickets differ between the two sides for no known reason",
    }
    return words[rule]


def _paragraphs(told: AlertChange, facts: Facts, show: Show) -> list[str]:
    alert = told.alert
    began = show(alert.opened_at)
    if told.change is Change.OVER:
        return [f"This alert was open since {began} and is over.", _MEANS_OVER]
    lines = [_MEANING[alert.rule]]
    if alert.rule in (Rule.RUN_FAILED, Rule.HELD) and facts.live and facts.live.error_message:
        lines.append(f"It ended with: {facts.live.error_message}")
    if told.alert.rule is Rule.RUN_FAILED and told.alert.severity > 1:
        lines.append("No run has settled for more than 12 hours and 30 minutes.")
    if told.change is not Change.OPENED:
        lines.append(f"The alert has been open since {began}.")
    return lines


def _numbers(told: AlertChange, facts: Facts, show: Show) -> list[tuple[str, str]]:
    numbers = [("Last settled run", _shown(facts.last_settled_at, show))]
    if facts.live:
        numbers.append(("Newest run", f"{facts.live.run_id} ({facts.live.status})"))
    if facts.failing and facts.failing_since:
        numbers.append(("Failed in a row", f"{facts.failing}, since {show(facts.failing_since)}"))
    rates = {Rule.INBOUND_RATE: facts.inbound, Rule.OUTBOUND_RATE: facts.outbound}
    if rate := rates.get(told.alert.rule):
        tried = rate.successful + rate.failed
        numbers.append(("Newly tried", f"{tried}, of which {rate.successful} succeeded"))
    if facts.old_entries and facts.oldest_entry_at:
        numbers.append(
            ("Failing for a day", f"{facts.old_entries}, since {show(facts.oldest_entry_at)}")
        )
    if facts.needs_you:
        numbers.append(("Waiting for a person", str(facts.needs_you)))
    return numbers


def _steps(rule: Rule, facts: Facts) -> Sequence[str]:
    if rule is not Rule.RUN_FAILED or facts.live is None:
        return _STEPS[rule]
    code = facts.live.error_code
    means, helps = advice_for(code)
    advice = f"{code}: {means}. What helps: {helps}." if means else _FAILURES
    return [advice, *_STEPS[rule]]


def _shown(moment: datetime | None, show: Show) -> str:
    return show(moment) if moment else "never"


def _percent(rate: RateFacts | None) -> str:
    return f"{rate.rate:.0%}" if rate else "few"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


_MEANS_OVER = "Nothing needs to be done; what was left undone has been or will be made up for."
_DETAILS = {
    Rule.RUN_FAILED: "quarantine",
    Rule.INBOUND_RATE: "quarantine",
    Rule.OUTBOUND_RATE: "quarantine",
    Rule.QUARANTINE_OLD: "quarantine",
    Rule.NEEDS_YOU: "needs_you",
}
_DETAILS_TITLE = {"quarantine": "Tickets in quarantine", "needs_you": "Waiting for a person"}
_MEANING = {
    Rule.RUN_FAILED: "The newest run broke off, or nothing that it tried succeeded. Nothing is "
    "lost: what it settled stays, and the next run goes on from there.",
    Rule.DATED_RUN_FAILED: "Runs by hand with dates, or windows of a backfill, failed within the "
    "last day. The usual runs are not affected.",
    Rule.LATE: "A scheduled run has to finish within 10 minutes of its slot. This one did not: it "
    "waits, works for long, or never began.",
    Rule.STALE: "No run has settled for more than 12 hours and 30 minutes, and none has failed "
    "either: the scheduler is down, the DAG is paused, or no worker is free.",
    Rule.INBOUND_RATE: "Fewer than 80 of 100 tickets that the newest run newly tried came in from "
    "QContact. The others wait in quarantine and are tried again.",
    Rule.OUTBOUND_RATE: "Fewer than 80 of 100 tickets that the newest run newly tried went out to "
    "QContact. The others wait in quarantine and are tried again.",
    Rule.QUARANTINE_OLD: "These tickets have failed for more than a day. Time alone does not seem "
    "to help them.",
    Rule.NEEDS_YOU: "The call centre re-opened tickets that are done in FibreFlow, or both sides "
    "keep undoing each other. Neither side is written until somebody decides.",
    Rule.HELD: "More changes are waiting to go out than usually do. Nothing of it is sent until "
    "somebody has looked: it may be a bulk edit that was meant, or one that was not.",
    Rule.DIVERGENCE: "Of a small sample, tickets differ between FibreFlow and QContact though they "
    "are not pending, not in quarantine and not in conflict; two samples in a row said so.",
}
_FAILURES = "Look at the failures: qcontact-sync failures"
_STEPS = {
    Rule.RUN_FAILED: [
        "Open the run in Airflow: the ERROR line of finalize (or of start_run) says why.",
        "Check both sides: qcontact-sync doctor",
        "When it is mended, trigger the DAG, or wait for the next run: it makes up for this one.",
    ],
    Rule.DATED_RUN_FAILED: [
        "Open the failed runs in Airflow and read the ERROR line of finalize.",
        "Clear them, or run the backfill again with --reprocess-behavior failed.",
    ],
    Rule.LATE: [
        "Look in Airflow whether the run is queued (no worker), waits for another run, or works.",
        "Leave it alone if it makes progress: its log says so every few seconds.",
    ],
    Rule.STALE: [
        "Look in Airflow: is the DAG unpaused, are scheduler and workers up?",
        "Trigger the DAG: one run makes up for all that were missed.",
    ],
    Rule.INBOUND_RATE: [_FAILURES, "Why one of them is as it is: qcontact-sync ticket ID"],
    Rule.OUTBOUND_RATE: [_FAILURES, "Why one of them is as it is: qcontact-sync ticket ID"],
    Rule.QUARANTINE_OLD: [
        _FAILURES,
        "Mend the ticket on the side that is named, or try again: qcontact-sync failures retry ID",
        "Where it is of no use: qcontact-sync failures dismiss ID",
    ],
    Rule.NEEDS_YOU: [
        "Look at them: qcontact-sync conflicts",
        "Decide each: qcontact-sync conflicts resolve ID --keep local (or remote)",
    ],
    Rule.HELD: [
        "See what would be sent: qcontact-sync run --dry-run --direction outbound",
        "If it is meant: trigger the DAG with Confirm outbound, "
        "or qcontact-sync run --confirm-outbound",
        "If it is not: undo it in FibreFlow; what agrees again is not pending any more.",
    ],
    Rule.DIVERGENCE: [
        "The task compare_sample of the monitor DAG names the tickets in its log.",
        "Why one of them is as it is: qcontact-sync ticket ID",
        "Bring QContact's own fields in again: qcontact-sync run --ticket-id ID --force-resync",
    ],
}
_OVER = {
    Rule.RUN_FAILED: "runs succeed again",
    Rule.DATED_RUN_FAILED: "no failed run over past dates is left",
    Rule.LATE: "runs finish in time again",
    Rule.STALE: "runs settle again",
    Rule.INBOUND_RATE: "tickets come in again",
    Rule.OUTBOUND_RATE: "changes go out again",
    Rule.QUARANTINE_OLD: "no ticket has been failing for more than a day",
    Rule.NEEDS_YOU: "no conflict waits for a person",
    Rule.HELD: "held changes may go out",
    Rule.DIVERGENCE: "the sampled tickets agree again",
}
