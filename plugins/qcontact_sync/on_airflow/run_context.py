"""From a task's context to the order of the run."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowRuntimeError
from airflow.sdk.types import DagRunProtocol

from qcontact_sync.config.accounts import find_account
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.model import Window
from qcontact_sync.core.windows import Trigger
from qcontact_sync.reporting.surroundings import Surroundings
from qcontact_sync.sync.lifecycle import RunOrder

# Every other run type of Airflow (assets, operators, the UI's form, REST) counts as manual.
_TRIGGERS = {"scheduled": Trigger.SCHEDULED, "backfill": Trigger.BACKFILL}


def order_from(context: Context, settings: Settings) -> RunOrder:
    """Read the run's order; its params are not checked here.

    Args:
        settings: ``direction`` applies to a scheduled run unless its conf has a direction.
    """
    dag_run = context["dag_run"]
    trigger = _TRIGGERS.get(dag_run.run_type.value, Trigger.MANUAL)
    return RunOrder(
        dag_id=dag_run.dag_id,
        run_id=dag_run.run_id,
        trigger=trigger,
        params=_params(context["params"], dag_run.conf or {}, trigger, settings),
        interval=_interval(dag_run, trigger),
    )


def is_backfill(context: Context) -> bool:
    """Whether a backfill created the run, or took it over for reprocessing."""
    return context["dag_run"].run_type.value == "backfill"


def is_active(context: Context, dag_id: str, **of: list[Any]) -> bool:
    """Whether a run is queued or running.

    Args:
        of: ``run_ids`` or ``logical_dates``.

    Raises:
        AirflowRuntimeError: Airflow's API server does not say.
    """
    return context["ti"].get_dr_count(dag_id, states=["queued", "running"], **of) > 0


def schedule_of(context: Context, account: str, now: datetime | None = None) -> Surroundings:
    """Whether an account's DAG is paused, and its next slot; tasks get both from Airflow since 3.2.

    Args:
        now: Replaces the worker's clock, aware.
    """
    of = find_account(account)
    ask = getattr(context.get("ti"), "get_dag", None)
    if ask is None:
        return Surroundings()
    try:
        is_paused = bool(ask(of.dag_id).is_paused)
    except AirflowRuntimeError:
        return Surroundings()
    if is_paused:
        return Surroundings(is_paused=True)
    from croniter import croniter  # type: ignore[import-untyped]

    slot: datetime = croniter(of.schedule, now or datetime.now(UTC)).get_next(datetime)
    return Surroundings(is_paused=False, next_run_at=slot)


def _params(
    params: Mapping[str, object], conf: Mapping[str, object], trigger: Trigger, settings: Settings
) -> dict[str, object]:
    # The conf overrides, key by key: Airflow accepts unknown keys silently, and omits the conf
    # from `params` if [core] dag_run_conf_overrides_params is off.
    merged = {**params, **conf}
    merged["ticket_ids"] = _without_blank_lines(merged.get("ticket_ids"))
    if trigger is Trigger.SCHEDULED and conf.get("sync_direction") is None:
        merged["sync_direction"] = settings.direction
    return merged


def _without_blank_lines(ids: object) -> object:
    """The form passes each line of its text field, also the empty line at the end."""
    if not isinstance(ids, list):
        return ids
    # Only blanks stay unchanged and are refused: an empty list would mean every ticket.
    return [i for i in ids if not isinstance(i, str) or i.strip()] or ids


def _interval(dag_run: DagRunProtocol, trigger: Trigger) -> Window | None:
    # A manual run also has one if the form filled in a logical date that the user did not choose.
    if trigger is Trigger.MANUAL:
        return None
    start, end = dag_run.data_interval_start, dag_run.data_interval_end
    if start is None or end is None:
        return None
    return Window(start.astimezone(UTC), end.astimezone(UTC))
