"""What only Airflow knows about the sync, and the words for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

NOT_KNOWN = "not known here: see the dashboard"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The facts; None where Airflow was not asked or does not say.

    Attributes:
        paused_since: None also if Airflow's audit log does not contain it any more.
        next_run_at: When the next scheduled run begins; None also for a paused DAG.
        no_mails: Why nobody gets mails.
        no_notifications: Why the connection that ``NOTIFY_CONN`` names is not notified.
    """

    is_paused: bool | None = None
    paused_since: datetime | None = None
    next_run_at: datetime | None = None
    no_mails: str | None = None
    no_notifications: str | None = None


class Schedule(Protocol):
    """The part that says when the next run begins."""

    @property
    def is_paused(self) -> bool | None: ...  # noqa: D102
    @property
    def paused_since(self) -> datetime | None: ...  # noqa: D102
    @property
    def next_run_at(self) -> datetime | None: ...  # noqa: D102


def paused(known: Schedule, show: Callable[[datetime], str]) -> str:
    """``the DAG is paused``, since when if that is known."""
    since = f" since {show(known.paused_since)}" if known.paused_since else ""
    return f"the DAG is paused{since}"


def next_run(known: Schedule, show: Callable[[datetime], str], now: datetime) -> str:
    """When the next scheduled run begins, or why none does.

    Args:
        now: Aware. A run that is due and has not begun waits for the scheduler.
    """
    if known.is_paused:
        return f"none: {paused(known, show)}"
    if known.next_run_at is None:
        return NOT_KNOWN
    due = "due since " if known.next_run_at < now else ""
    return f"{due}{show(known.next_run_at)}"
