"""Which alerts are open, and which changes are reported: one function decides both.

Values in, values out: facts from the database, the alerts that were open before, and the
database's clock. Each change is reported once, regardless of who calls it and how often.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from qcontact_sync.core.errors import ErrorCode

STALE_AFTER = timedelta(hours=12, minutes=30)
LATE_AFTER = timedelta(minutes=10)
OLD_AFTER = timedelta(days=1)
VERY_OLD_AFTER = timedelta(days=7)
REMIND_AFTER = timedelta(days=1)
LOW_RATE, GOOD_RATE = 0.8, 0.9
"""An alert opens below the first and ends above the second, so that it does not flap."""
MIN_SAMPLE = 10
MANY = 10


class Rule(StrEnum):
    """The rules; each value is also the anchor of the runbook's section."""

    RUN_FAILED = "run-failed"
    DATED_RUN_FAILED = "dated-run-failed"
    LATE = "late"
    STALE = "stale"
    INBOUND_RATE = "inbound-rate"
    OUTBOUND_RATE = "outbound-rate"
    QUARANTINE_OLD = "quarantine-old"
    NEEDS_YOU = "needs-you"
    HELD = "held"
    DIVERGENCE = "divergence"


class ChangeKind(StrEnum):
    """A change of an alert."""

    OPENED = "opened"
    WORSENED = "worsened"
    REMINDER = "reminder"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The newest run of its kind that has ended (a scheduled run may also be running).

    Attributes:
        slot: When a scheduled run was due.
        opened_at, completed_at: By the database's clock; ``completed_at`` is None while it runs.
        job_id: Its id in ``sync_job_history``.
    """

    dag_id: str
    run_id: str
    status: str
    opened_at: datetime
    completed_at: datetime | None = None
    error_code: str | None = None
    error_message: str | None = None
    slot: datetime | None = None
    job_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RateFacts:
    """The newest live run that tried enough tickets for the first time in one direction."""

    successful: int
    failed: int

    @property
    def rate(self) -> float:
        """Share of these tickets that succeeded, 0 to 1."""
        return self.successful / (self.successful + self.failed)


@dataclass(frozen=True, slots=True)
class Facts:
    """The input of the rules. *Live* runs read from the cursor: no dates, no ticket ids.

    Attributes:
        now: The database's clock.
        since: When the sync was set up; used until the first run.
        live: The newest live run that ended.
        failing, failing_since: Number of live runs that failed in a row, and since when.
        scheduled: The newest scheduled run that began in time.
        last_settled_at: When the last live run with status success or partial ended.
        old_entries: Entries in quarantine for longer than `OLD_AFTER`.
        held: Whether the newest live run held outbound changes (MAX_OUTBOUND).
        differing: 1 if each of the last two samples has tickets that diverge, else 0.
    """

    now: datetime
    since: datetime
    live: RunFacts | None = None
    failing: int = 0
    failing_since: datetime | None = None
    dated_failed: int = 0
    scheduled: RunFacts | None = None
    last_settled_at: datetime | None = None
    inbound: RateFacts | None = None
    outbound: RateFacts | None = None
    old_entries: int = 0
    oldest_entry_at: datetime | None = None
    needs_you: int = 0
    held: bool = False
    differing: int = 0


@dataclass(frozen=True, slots=True)
class Alert:
    """An open alert.

    Attributes:
        severity: 1 at the beginning, 2 after it got worse.
        mailed_at: When it was last reported.
        slot: Only for `Rule.LATE`: the slot of the late run.
    """

    rule: Rule
    severity: int
    opened_at: datetime
    mailed_at: datetime
    slot: datetime | None = None


@dataclass(frozen=True, slots=True)
class Detail:
    """The number of tickets with one code or field, and some of their ids.

    Attributes:
        kind: ``quarantine`` or ``needs_you``.
        word: An error code, or a field.
    """

    kind: str
    word: str
    tickets: int
    examples: Sequence[str]


@dataclass(frozen=True, slots=True)
class AlertChange:
    """What became of an alert since the last check; each is reported once."""

    kind: ChangeKind
    alert: Alert


def evaluate(
    facts: Facts, before: Sequence[Alert], overdue: datetime | None = None
) -> tuple[tuple[Alert, ...], tuple[AlertChange, ...]]:
    """Decide which alerts are open now and which changes to report.

    Args:
        before: The recorded open alerts.
        overdue: A slot whose run is late, even if the run has no record yet.

    Returns:
        The alerts that are open now, and the changes since ``before``.
    """
    known = {alert.rule: alert for alert in before}
    severities = _severities(facts, known, overdue)
    slot = _missed_slot(facts, known.get(Rule.LATE), overdue)
    opened: list[Alert] = []
    changes: list[AlertChange] = []
    for rule in Rule:
        was, severity = known.get(rule), severities[rule]
        if severity:
            alert, change = _present(rule, was, severity, facts.now, slot)
            opened.append(alert)
            changes += [AlertChange(change, alert)] if change else []
        elif was is not None:
            changes.append(AlertChange(ChangeKind.OVER, was))
    return tuple(opened), tuple(changes)


def _present(
    rule: Rule, was: Alert | None, severity: int, now: datetime, slot: datetime | None
) -> tuple[Alert, ChangeKind | None]:
    missed = slot if rule is Rule.LATE else None
    if was is None:
        return Alert(rule, severity, now, now, missed), ChangeKind.OPENED
    change = _change(was, severity, now)
    mailed_at = now if change else was.mailed_at
    return Alert(rule, max(severity, was.severity), was.opened_at, mailed_at, missed), change


def _change(was: Alert, severity: int, now: datetime) -> ChangeKind | None:
    if severity > was.severity:
        return ChangeKind.WORSENED
    return ChangeKind.REMINDER if now - was.mailed_at >= REMIND_AFTER else None


def _severities(
    facts: Facts, known: Mapping[Rule, Alert], overdue: datetime | None
) -> dict[Rule, int]:
    """The severity for each rule: 1 or 2, or 0 for no alert."""
    return {
        Rule.RUN_FAILED: _run_failed(facts),
        Rule.DATED_RUN_FAILED: _many(facts.dated_failed),
        Rule.LATE: int(_missed_slot(facts, known.get(Rule.LATE), overdue) is not None),
        Rule.STALE: _stale(facts),
        Rule.INBOUND_RATE: _rate(facts, facts.inbound, Rule.INBOUND_RATE in known),
        Rule.OUTBOUND_RATE: _rate(facts, facts.outbound, Rule.OUTBOUND_RATE in known),
        Rule.QUARANTINE_OLD: _quarantine_old(facts),
        Rule.NEEDS_YOU: _many(facts.needs_you),
        Rule.HELD: int(facts.held),
        Rule.DIVERGENCE: int(facts.differing > 0),
    }


def _has_failed(facts: Facts) -> bool:
    """Whether the newest live run failed; a run that only needs confirmation has its own rule."""
    live = facts.live
    if live is None or live.status != "failed":
        return False
    return live.error_code != ErrorCode.NEEDS_CONFIRMATION


def _run_failed(facts: Facts) -> int:
    if not _has_failed(facts):
        return 0
    last_good = facts.last_settled_at or facts.since
    return 2 if facts.now - last_good > STALE_AFTER else 1


def _stale(facts: Facts) -> int:
    """No run is complete, but no run failed either: failed runs are another alert."""
    if _has_failed(facts) or facts.held:
        return 0
    silent = facts.now - (facts.last_settled_at or facts.since)
    return int(silent > STALE_AFTER) + int(silent > 2 * STALE_AFTER)


def _missed_slot(facts: Facts, was: Alert | None, overdue: datetime | None) -> datetime | None:
    """The slot of the newest scheduled run if that run is late or ended late."""
    known_slot = max((s for s in (overdue, was.slot if was else None) if s), default=None)
    run = facts.scheduled
    if run is None or run.slot is None or (known_slot is not None and run.slot < known_slot):
        return known_slot
    ended = run.completed_at or facts.now
    return run.slot if ended - run.slot > LATE_AFTER else None


def _rate(facts: Facts, rate: RateFacts | None, is_open: bool) -> int:
    """Too few tickets succeed; if all failed, the run failed, which is another alert."""
    if rate is None or _has_failed(facts):
        return 0
    return int(rate.rate < (GOOD_RATE if is_open else LOW_RATE))


def _quarantine_old(facts: Facts) -> int:
    if not facts.old_entries or facts.oldest_entry_at is None:
        return 0
    return 2 if facts.now - facts.oldest_entry_at > VERY_OLD_AFTER else 1


def _many(count: int) -> int:
    return int(count > 0) + int(count >= MANY)
