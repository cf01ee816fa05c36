from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.api.datamodels._generated import DagRun, DagRunState, DagRunType
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.model import Window
from qcontact_sync.core.windows import Trigger
from qcontact_sync.on_airflow.run_context import order_from, schedule_of
from qcontact_sync.reporting.surroundings import Surroundings

SIX, NOON = datetime(2026, 11, 23, 6, tzinfo=UTC), datetime(2026, 11, 23, 12, tzinfo=UTC)
FORM_DEFAULTS = {"sync_direction": "both", "start_date": None, "ticket_ids": [], "dry_run": False}


def context(run_type, *, interval=(SIX, NOON), conf=None, params=None):
    dag_run = DagRun(
        dag_id="qcontact_sync",
        run_id="run-1",
        run_type=run_type,
        logical_date=interval[0],
        data_interval_start=interval[0],
        data_interval_end=interval[1],
        run_after=NOON,
        start_date=NOON,
        end_date=None,
        state=DagRunState.RUNNING,
        conf=conf,
        consumed_asset_events=[],
        **({"partition_key": None} if "partition_key" in DagRun.model_fields else {}),
    )
    return {"dag_run": dag_run, "params": {**FORM_DEFAULTS, **(params or {})}}


@pytest.mark.parametrize(
    ("run_type", "trigger", "interval"),
    [
        (DagRunType.SCHEDULED, Trigger.SCHEDULED, Window(SIX, NOON)),
        (DagRunType.BACKFILL, Trigger.BACKFILL, Window(SIX, NOON)),
        # The form fills in a logical date, so a manual run has an interval that nobody chose.
        *[
            (run_type, Trigger.MANUAL, None)
            for run_type in DagRunType
            if run_type not in (DagRunType.SCHEDULED, DagRunType.BACKFILL)
        ],
    ],
)
def test_only_the_scheduler_and_backfills_bring_an_interval(run_type, trigger, interval):
    order = order_from(context(run_type), Settings())

    assert (order.trigger, order.interval) == (trigger, interval)


def test_a_run_without_dates_is_ordered_all_the_same():
    order = order_from(context(DagRunType.MANUAL, interval=(None, None)), Settings())

    assert (order.dag_id, order.run_id, order.interval) == ("qcontact_sync", "run-1", None)
    assert order.params == FORM_DEFAULTS


def test_the_conf_counts_even_where_airflow_leaves_it_out_of_the_params():
    conf = {"dry_run": True, "drection": "inbound"}

    order = order_from(context(DagRunType.MANUAL, conf=conf), Settings())

    assert order.params == {**FORM_DEFAULTS, **conf}


@pytest.mark.parametrize(
    ("run_type", "conf", "expected"),
    [
        pytest.param(DagRunType.SCHEDULED, None, "inbound", id="scheduled"),
        pytest.param(
            DagRunType.SCHEDULED, {"sync_direction": "outbound"}, "outbound", id="scheduled-conf"
        ),
        pytest.param(DagRunType.MANUAL, None, "both", id="manual"),
        pytest.param(DagRunType.BACKFILL, None, "both", id="backfill"),
    ],
)
def test_the_setting_decides_the_direction_of_scheduled_runs_alone(run_type, conf, expected):
    order = order_from(context(run_type, conf=conf), Settings(direction="inbound"))

    assert order.params["sync_direction"] == expected


@pytest.mark.parametrize(
    ("typed", "handed_on"),
    [
        pytest.param(["FT1", "", " ", 4711], ["FT1", 4711], id="line-end"),
        pytest.param([""], [""], id="only-blank-is-not-all-tickets"),
        pytest.param([], [], id="none"),
        pytest.param("FT1", "FT1", id="no-list"),
    ],
)
def test_a_line_end_in_the_form_is_no_ticket_id(typed, handed_on):
    order = order_from(context(DagRunType.MANUAL, conf={"ticket_ids": typed}), Settings())

    assert order.params["ticket_ids"] == handed_on


def asking(is_paused):
    return {"ti": SimpleNamespace(get_dag=lambda dag_id: SimpleNamespace(is_paused=is_paused))}


@pytest.mark.parametrize(
    ("context_of_task", "known"),
    [
        pytest.param(asking(False), Surroundings(False, next_run_at=NOON), id="scheduled"),
        pytest.param(asking(True), Surroundings(True), id="paused"),
        pytest.param({"ti": SimpleNamespace()}, Surroundings(), id="before-3.2"),
    ],
)
def test_a_task_knows_when_the_next_run_begins(context_of_task, known):
    assert schedule_of(context_of_task, "default", NOON - timedelta(minutes=1)) == known
