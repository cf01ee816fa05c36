"""When Airflow reports a scheduled run as late, and of which runs it does."""

from datetime import UTC, datetime, timedelta

import pytest
from qcontact_sync.config.accounts import Account
from qcontact_sync.on_airflow.declaring import late_alert
from qcontact_sync.reporting.alerts import LATE_AFTER

import tests.private_airflow as private_airflow

pytestmark = pytest.mark.deadlines

HOUR = timedelta(hours=1)
DAG_ID = "qcontact_sync"


@pytest.fixture
def stored():
    """The alert as Airflow reads it back from its database."""

    def store(after=None):
        from airflow.serialization.decoders import decode_deadline_alert
        from airflow.serialization.encoders import encode_deadline_alert

        return decode_deadline_alert(encode_deadline_alert(late_alert(Account(), after)))

    return store


@pytest.fixture
def deadline_of(stored):
    """When a run, created now for a slot this long ago, is late; None if it has no deadline."""
    private_airflow.migrate()
    from airflow.models import DagRun
    from airflow.utils.session import create_session

    def deadline(ago, after=None, run_type="scheduled"):
        alert, slot = stored(after), datetime.now(UTC) - ago
        with create_session() as session:
            run = DagRun(DAG_ID, run_id="of-the-slot", run_type=run_type, run_after=slot)
            session.add(run)
            session.flush()
            found = alert.reference.evaluate_with(
                session=session, interval=alert.interval, dag_id=DAG_ID, run_id=run.run_id
            )
            session.rollback()
        return found and found - slot

    return deadline


@pytest.mark.parametrize(("after", "expected"), [(None, LATE_AFTER), (HOUR, HOUR)])
def test_a_run_is_late_as_long_after_its_slot_as_the_dag_says(deadline_of, after, expected):
    assert deadline_of(timedelta(0), after) == expected


@pytest.mark.parametrize(
    ("after", "ago", "has_deadline"),
    [
        (None, LATE_AFTER - timedelta(minutes=1), True),
        (None, LATE_AFTER + timedelta(minutes=1), False),
        (HOUR, LATE_AFTER + timedelta(minutes=1), True),
        (HOUR, HOUR + timedelta(minutes=1), False),
    ],
)
def test_a_run_that_begins_late_has_no_deadline(deadline_of, after, ago, has_deadline):
    assert (deadline_of(ago, after) is not None) is has_deadline


@pytest.mark.parametrize("run_type", ["manual", "backfill"])
def test_only_scheduled_runs_have_a_deadline(deadline_of, run_type):
    assert deadline_of(timedelta(0), run_type=run_type) is None


def test_a_reference_that_an_older_release_stored_is_late_after_the_default():
    from qcontact_sync.on_airflow.deadlines import ScheduledSlotDeadline

    older = {"reference_type": "ScheduledSlotDeadline"}
    assert ScheduledSlotDeadline.deserialize_reference(older) == ScheduledSlotDeadline()
    assert ScheduledSlotDeadline(HOUR) != ScheduledSlotDeadline()
