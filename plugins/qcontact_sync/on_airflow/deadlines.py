"""When a run is late: a while after its slot, only for scheduled runs.

The DAG file imports this module, so it imports no heavy modules.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from qcontact_sync.config.accounts import DEFAULT
from qcontact_sync.on_airflow.version_compat import BaseDeadlineReference
from qcontact_sync.reporting.alerts import LATE_AFTER

_STORED_AS = "late_after_s"


@dataclass(eq=False)  # Airflow's base compares what is serialized
class ScheduledSlotDeadline(BaseDeadlineReference):  # type: ignore[misc]
    """The slot of a scheduled run; none for a manual run, a backfill, or a run that begins late.

    Airflow's own references fire for every past window of a backfill, and for queued runs.

    Attributes:
        late_after: A run that is created this long after its slot begins late.
    """

    late_after: timedelta = LATE_AFTER
    required_kwargs: ClassVar[set[str]] = {"dag_id", "run_id"}

    def serialize_reference(self) -> dict[str, Any]:
        """As Airflow stores it with the DAG."""
        stored: dict[str, Any] = super().serialize_reference()
        return {**stored, _STORED_AS: self.late_after.total_seconds()}

    @classmethod
    def deserialize_reference(cls, reference_data: dict[str, Any]) -> "ScheduledSlotDeadline":
        """One of an older release has the default."""
        seconds = reference_data.get(_STORED_AS)
        return cls() if seconds is None else cls(timedelta(seconds=seconds))

    def _evaluate_with(
        self, *, session: Any, dag_id: str, run_id: str, **_: object
    ) -> datetime | None:
        """Called by the scheduler when it creates the run."""
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
        return slot if timezone.utcnow() <= slot + self.late_after else None


async def on_deadline(context: Mapping[str, Any], account: str = DEFAULT) -> None:
    """Callback of the Deadline Alert; runs in the triggerer, and does its work in a thread.

    Args:
        context: ``dag_run`` as REST shows it.
        account: The account's name; a deadline of an older release has none.
    """
    from qcontact_sync.on_airflow.alerts import check_and_notify

    slot = datetime.fromisoformat(context["dag_run"]["run_after"])
    await asyncio.to_thread(check_and_notify, account, slot)
