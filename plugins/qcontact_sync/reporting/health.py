"""The health of the sync: one function for dashboard, command line, endpoint and mails."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from qcontact_sync.reporting.advice import advice_for
from qcontact_sync.reporting.alert_words import Show, finding
from qcontact_sync.reporting.alerts import Alert, Facts, Rule
from qcontact_sync.reporting.places import Names, Place, places_of, remedy_for
from qcontact_sync.reporting.surroundings import Surroundings, paused

__all__ = ["Health", "HealthReason", "Level", "Matter", "Surroundings", "judge"]


class Level(StrEnum):
    """How healthy the sync is; each value is also the word for users."""

    WELL = "healthy"
    ATTENTION = "needs attention"
    ILL = "not healthy"


class Matter(StrEnum):
    """What concerns the health and is no alert; each value is an anchor of the runbook."""

    NO_RUN = "no-run-yet"
    PAUSED = "paused"
    STUCK = "stuck"
    NO_MAILS = "no-mails"


_ILL = frozenset(
    {Matter.NO_RUN, Rule.RUN_FAILED, Rule.STALE, Rule.INBOUND_RATE, Rule.OUTBOUND_RATE}
)
_BUT_NOTHING_WAITS = frozenset({Matter.NO_MAILS, Rule.LATE, Rule.DATED_RUN_FAILED, Rule.DIVERGENCE})


@dataclass(frozen=True, slots=True)
class HealthReason:
    """One reason why the sync is not well.

    Attributes:
        matter: Also the anchor of the runbook's section.
        what: One sentence without capital and full stop.
        why: The message of the run that it is about, or an empty text.
        remedy: What to do about the run's error, or an empty text.
        places: Where it is settled.
        meaning: What the run's error means, or an empty text.
    """

    matter: Rule | Matter
    what: str
    why: str
    remedy: str
    places: tuple[Place, ...]
    meaning: str = ""

    @property
    def level(self) -> Level:
        """How bad it is."""
        return Level.ILL if self.matter in _ILL else Level.ATTENTION

    @property
    def lets_tickets_wait(self) -> bool:
        """Whether some tickets are not synced until a user acts."""
        return self.matter not in _BUT_NOTHING_WAITS


@dataclass(frozen=True, slots=True)
class Health:
    """An overview of the sync (``status`` in docs/cli.md, "`--json`").

    Attributes:
        failed_last_24h: Tickets that failed; runs that broke are in ``broken_runs_last_24h``.
        is_healthy: Whether the sync runs and no ticket waits for a person.
        in_step_until: All that QContact changed before this time is in FibreFlow or on record.
    """

    last_sync_at: datetime | None
    last_sync_status: str | None
    last_sync_duration_seconds: float | None
    pending_outbound: int
    quarantined: int
    conflicts_open: int
    failed_last_24h: int
    success_rate_last_7d: float | None
    is_healthy: bool
    health_issues: tuple[str, ...]
    level: Level
    broken_runs_last_24h: int
    in_step_until: datetime | None
    next_run_at: datetime | None
    paused_since: datetime | None
    is_paused: bool | None
    reasons: tuple[HealthReason, ...] = ()

    @property
    def is_new(self) -> bool:
        """Whether the sync was set up and has not run yet."""
        return any(found.matter is Matter.NO_RUN for found in self.reasons)

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; instants in ISO 8601."""
        plain = asdict(replace(self, reasons=()))
        del plain["reasons"]
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in plain.items()
        } | {"health_issues": list(self.health_issues), "level": self.level.value}


def judge(
    row: Mapping[str, Any],
    pending_outbound: int,
    facts: Facts,
    alerts: Sequence[Alert],
    surroundings: Surroundings,
    names: Names,
    show: Show,
) -> Health:
    """Derive the health from what the mails are derived from.

    Args:
        row: Of ``read_status``.
        pending_outbound: Number of tickets with pending changes or notes.
        alerts: What `alerts.evaluate` says is open now.
        names: Of the account.
    """
    reasons = tuple(_reasons(row, facts, alerts, surroundings, names, show))
    return Health(
        last_sync_at=row["last_sync_at"],
        last_sync_status=row["last_sync_status"],
        last_sync_duration_seconds=row["last_sync_duration_seconds"],
        pending_outbound=pending_outbound,
        quarantined=row["quarantined"],
        conflicts_open=row["conflicts_open"],
        failed_last_24h=int(row["failed_last_24h"]),
        success_rate_last_7d=row["success_rate_last_7d"],
        is_healthy=not any(found.lets_tickets_wait for found in reasons),
        health_issues=tuple(found.what for found in reasons),
        level=_worst(reasons),
        broken_runs_last_24h=row["broken_runs_last_24h"],
        in_step_until=row["in_step_until"],
        next_run_at=surroundings.next_run_at,
        paused_since=surroundings.paused_since,
        is_paused=surroundings.is_paused,
        reasons=reasons,
    )


def _worst(reasons: Sequence[HealthReason]) -> Level:
    levels = {found.level for found in reasons}
    return next((level for level in (Level.ILL, Level.ATTENTION) if level in levels), Level.WELL)


def _reasons(
    row: Mapping[str, Any],
    facts: Facts,
    alerts: Sequence[Alert],
    surroundings: Surroundings,
    names: Names,
    show: Show,
) -> list[HealthReason]:
    """The worst first."""
    found = [
        *_setup(row, surroundings, names, show),
        *(_of_alert(alert, facts, names, show) for alert in alerts if not _is_covered(alert, row)),
        *_of_tickets(row["stuck"], names),
    ]
    for what, why in (
        ("no mails are sent", surroundings.no_mails),
        ("no notifications are sent", surroundings.no_notifications),
    ):
        if why:
            found.append(_of(Matter.NO_MAILS, f"{what}: {why}", names))
    return sorted(found, key=lambda one: one.level is not Level.ILL)


def _is_covered(alert: Alert, row: Mapping[str, Any]) -> bool:
    """Whether another reason says the same: a setup without a run, and tickets that are stuck."""
    if alert.rule is Rule.STALE:
        return not row["has_run"]
    return alert.rule is Rule.QUARANTINE_OLD


def _setup(
    row: Mapping[str, Any], surroundings: Surroundings, names: Names, show: Show
) -> list[HealthReason]:
    found = []
    if not row["has_run"]:
        found.append(_of(Matter.NO_RUN, "no run yet", names))
    if surroundings.is_paused:
        what = f"{paused(surroundings, show)}: no scheduled run begins"
        found.append(_of(Matter.PAUSED, what, names))
    return found


def _of_alert(alert: Alert, facts: Facts, names: Names, show: Show) -> HealthReason:
    live = facts.live
    is_of_run = alert.rule in (Rule.RUN_FAILED, Rule.HELD)
    why = (live.error_message or "") if live and is_of_run else ""
    code = live.error_code if live and alert.rule is Rule.RUN_FAILED else None
    what = finding(alert.rule, facts, show, alert.slot)
    places = places_of(alert.rule, facts, names)
    meaning, _ = advice_for(code)
    return HealthReason(alert.rule, what, why, remedy_for(code, names), places, meaning)


def _of_tickets(stuck: int, names: Names) -> list[HealthReason]:
    if not stuck:
        return []
    fails = "1 ticket fails" if stuck == 1 else f"{stuck} tickets fail"
    needs = "needs" if stuck == 1 else "need"
    return [_of(Matter.STUCK, f"{fails} and {needs} a correction", names)]


def _of(matter: Matter, what: str, names: Names) -> HealthReason:
    return HealthReason(matter, what, "", "", places_of(matter, None, names))
