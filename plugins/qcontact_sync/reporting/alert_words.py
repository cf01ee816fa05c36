"""The texts and numbers of alert mails, without personal data."""

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
    """Return the mail for a change of an alert.

    Args:
        details: All of quarantine and conflicts; only those of the rule are used.
        account: The alert's account, if there are several.
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
    """The beginning of a subject."""
    return f"{PREFIX} {f'{account}: ' if account else ''}{lead}"


def no_database(error: SyncError, run_id: str, account: str | None) -> Message:
    """The mail about a run if FibreFlow's database is not available."""
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
        numbers=[*_whose(account), ("Run", run_id)],
        details=(),
        details_title="",
        steps=_of_account(
            account, ["Check the database and the connection to it: qcontact-sync doctor"]
        ),
        anchor="no-database",
    )


def _of_account(account: str | None, steps: Sequence[str]) -> Sequence[str]:
    """The steps with commands that contain the account."""
    command = f"qcontact-sync --account {account}" if account else "qcontact-sync"
    return [step.replace("qcontact-sync", command) for step in steps]


def _whose(account: str | None) -> list[tuple[str, str]]:
    return [("Account", account)] if account else []


def finding(rule: Rule, facts: Facts, show: Show) -> str:
    """One sentence for a status page: the present result of the rule."""
    return _find(rule, facts, facts.scheduled.slot if facts.scheduled else None, show)


def _headline(told: AlertChange, facts: Facts, show: Show) -> str:
    return _find(told.alert.rule, facts, told.alert.slot, show)


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


def _paragraphs(told: AlertChange, facts: Facts, show: Show) -> list[str]:
    alert = told.alert
    began = show(alert.opened_at)
    if told.change is Change.OVER:
        return [f"This alert was open since {began} and is over.", _MEANS_OVER]
    lines = [_MEANING[alert.rule]]
    if alert.rule in (Rule.RUN_FAILED, Rule.HELD) and facts.live and facts.live.error_message:
        lines.append(f"It ended with: {facts.live.error_message}")
    if told.alert.rule is Rule.RUN_FAILED and told.alert.severity > 1:
        lines.append("No run was complete for more than 12 hours and 30 minutes.")
    if told.change is not Change.OPENED:
        lines.append(f"The alert has been open since {began}.")
    return lines


def _numbers(told: AlertChange, facts: Facts, show: Show) -> list[tuple[str, str]]:
    numbers = [("Last complete run", _shown(facts.last_settled_at, show))]
    if facts.live:
        numbers.append(("Newest run", f"{facts.live.run_id} ({facts.live.status})"))
    if facts.failing and facts.failing_since:
        numbers.append(("Failed in a row", f"{facts.failing}, since {show(facts.failing_since)}"))
    rates = {Rule.INBOUND_RATE: facts.inbound, Rule.OUTBOUND_RATE: facts.outbound}
    if rate := rates.get(told.alert.rule):
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


def _steps(rule: Rule, facts: Facts) -> Sequence[str]:
    if rule is not Rule.RUN_FAILED or facts.live is None:
        return _STEPS[rule]
    code = facts.live.error_code
    means, helps = advice_for(code)
    advice = f"{code}: {means}. What to do: {helps}." if means else _FAILURES
    return [advice, *_STEPS[rule]]


def _shown(moment: datetime | None, show: Show) -> str:
    return show(moment) if moment else "never"


def _percent(rate: RateFacts | None) -> str:
    return f"{rate.rate:.0%}" if rate else "few"


def _open_conflicts(count: int) -> str:
    return f"{_count(count, 'open conflict')} {'needs' if count == 1 else 'need'} a decision"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


_MEANS_OVER = "You need not do anything: later runs process the rest."
_DETAILS = {
    Rule.RUN_FAILED: "quarantine",
    Rule.INBOUND_RATE: "quarantine",
    Rule.OUTBOUND_RATE: "quarantine",
    Rule.QUARANTINE_OLD: "quarantine",
    Rule.NEEDS_YOU: "needs_you",
}
_DETAILS_TITLE = {"quarantine": "Tickets in quarantine", "needs_you": "Open conflicts"}
_MEANING = {
    Rule.RUN_FAILED: "The newest run failed, or all tickets that it tried failed. Nothing is "
    "lost: its completed work is kept, and the next run continues from there.",
    Rule.DATED_RUN_FAILED: "Manual runs with dates, or windows of a backfill, failed within the "
    "last day. The scheduled runs are not affected.",
    Rule.LATE: "A scheduled run must end within 10 minutes of its slot. This run did not: it "
    "waits, takes longer, or never began.",
    Rule.STALE: "No run was complete for more than 12 hours and 30 minutes, and no run "
    "failed: the scheduler is down, the DAG is paused, or no worker is free.",
    Rule.INBOUND_RATE: "Fewer than 80 % of the tickets that the newest run tried for the first "
    "time were synced inbound. The others are in quarantine and are tried again.",
    Rule.OUTBOUND_RATE: "Fewer than 80 % of the tickets that the newest run tried for the first "
    "time were sent to QContact. The others are in quarantine and are tried again.",
    Rule.QUARANTINE_OLD: "These tickets have failed for more than a day. Retries alone do not "
    "help.",
    Rule.NEEDS_YOU: "The call centre re-opened tickets that are done in FibreFlow, or both "
    "sides keep reverting each other. The sync writes neither side until you decide.",
    Rule.HELD: "More changes are pending than are sent without confirmation. None is sent until "
    "you confirm. Check whether a bulk edit was intended.",
    Rule.DIVERGENCE: "In two samples in a row, tickets differ between FibreFlow and QContact, "
    "although they are not pending, not in quarantine and not in conflict.",
}
_FAILURES = "List the failures: qcontact-sync failures"
_STEPS = {
    Rule.RUN_FAILED: [
        "Open the run in Airflow: the ERROR line of finalize (or of start_run) gives the reason.",
        "Check both sides: qcontact-sync doctor",
        "After the fix, trigger the DAG, or wait for the next run: it processes what was missed.",
    ],
    Rule.DATED_RUN_FAILED: [
        "Open the failed runs in Airflow and read the ERROR line of finalize.",
        "Clear them, or run the backfill again with --reprocess-behavior failed.",
    ],
    Rule.LATE: [
        "Check in Airflow whether the run is queued (no worker), waits for another run, or works.",
        "If it makes progress, let it work: its log shows the progress every few seconds.",
    ],
    Rule.STALE: [
        "Check in Airflow that the DAG is not paused, and that scheduler and workers run.",
        "Trigger the DAG: one run processes what all missed runs would have processed.",
    ],
    Rule.INBOUND_RATE: [_FAILURES, "To see why: qcontact-sync ticket ID"],
    Rule.OUTBOUND_RATE: [_FAILURES, "To see why: qcontact-sync ticket ID"],
    Rule.QUARANTINE_OLD: [
        _FAILURES,
        "Correct the ticket on the named side, or try again: qcontact-sync failures retry ID",
        "To stop the retries until the ticket changes: qcontact-sync failures dismiss ID",
    ],
    Rule.NEEDS_YOU: [
        "List them: qcontact-sync conflicts",
        "Decide each: qcontact-sync conflicts resolve ID --keep local (or remote)",
    ],
    Rule.HELD: [
        "See what would be sent: qcontact-sync run --dry-run --direction outbound",
        "If they are intended: trigger the DAG with Confirm outbound, "
        "or qcontact-sync run --confirm-outbound",
        "If they are not: revert them in FibreFlow. Tickets that agree again are not pending.",
    ],
    Rule.DIVERGENCE: [
        "The log of the task compare_sample of the monitor DAG names the tickets.",
        "To see why: qcontact-sync ticket ID",
        "Write QContact's own fields again: qcontact-sync run --ticket-id ID --force-resync",
    ],
}
_OVER = {
    Rule.RUN_FAILED: "runs succeed again",
    Rule.DATED_RUN_FAILED: "no run over past dates has failed within the last day",
    Rule.LATE: "runs finish in time again",
    Rule.STALE: "runs are complete again",
    Rule.INBOUND_RATE: "tickets are synced inbound again",
    Rule.OUTBOUND_RATE: "changes are sent again",
    Rule.QUARANTINE_OLD: "no ticket has failed for more than a day",
    Rule.NEEDS_YOU: "no open conflict is left",
    Rule.HELD: "no changes are held",
    Rule.DIVERGENCE: "the sampled tickets agree again",
}
