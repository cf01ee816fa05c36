"""When a run is late: ten minutes after its slot, for scheduled runs and no others."""

from datetime import datetime
from typing import Any, ClassVar

from airflow.sdk import BaseDeadlineReference  # type: ignore[attr-defined]

from qcontact_sync.core.alerts import LATE_AFTER


class ScheduledSlotDeadline(BaseDeadlineReference):  # type: ignore[misc]
    """The slot of a scheduled run; none for a run by hand, a backfill, or one that begins late.

    Airflow's own references fire for every historical window of a backfill, and for what merely
    waits in a queue.
    """

    required_kwargs: ClassVar[set[str]] = {"dag_id", "run_id"}

    def _evaluate_with(
        self, *, session: Any, dag_id: str, run_id: str, **_: object
    ) -> datetime | None:
        """Runs in the scheduler, when it makes the run."""
        from airflow.models import DagRun
        from airflow.sdk import timezone
        from sqlalchemy import select

        found = session.execute(
            select(DagRun.run_type, DagRun.run_after).where(
                DagRun.dag_id == dag_id, DagRun.run_id == run_id
            )
        ).one_or_none()
        if found is None or found.run_type != "scheduled":
            return None
        slot: datetime = found.run_after
        return slot if timezone.utcnow() <= slot + LATE_AFTER else None
