"""Runs in Airflow's metadata database: start one once, find it, read its state.

Blocking, for worker threads. Airflow has no public interface for this inside its own server; only
this module and `auth` use its internals.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from qcontact_sync.core.request import ParamError, RunRequest, parse_request
from qcontact_sync.on_airflow.endpoint.answers import Refusal
from qcontact_sync.sync.lifecycle import job_id_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

FINALIZE = "finalize"
_JOINED = "qcontact_sync_joined"


@dataclass(frozen=True, slots=True)
class SeenRun:
    """A DAG run at one moment.

    Attributes:
        dag_id: Its account's DAG.
        conf: Its params as they were passed.
        summary: What `finalize` returned, once the run is over.
    """

    dag_id: str
    run_id: str
    state: str
    conf: Mapping[str, Any]
    started_at: datetime | None
    ended_at: datetime | None
    summary: Mapping[str, Any] | None

    @property
    def job_id(self) -> UUID:
        """The run's id for callers."""
        return job_id_of(self.dag_id, self.run_id)

    @property
    def is_over(self) -> bool:
        """Whether the run has ended."""
        return self.state in ("success", "failed")


def start(dag_id: str, wanted: RunRequest, key: str | None, caller: str) -> str:
    """Start a run, or join an equal one; return its run id.

    One transaction locks the DAG's row: of several callers, workers and servers at the same time,
    the second sees the result of the first. The scheduler skips a locked row.

    Args:
        key: The same key always gives the same run of this DAG.

    Raises:
        Refusal: 409: the DAG is paused; 500: it does not exist.
    """
    from airflow.models import DagModel
    from airflow.utils.session import create_session
    from airflow.utils.sqlalchemy import with_row_locks
    from sqlalchemy import select

    # Not scoped: functions of Airflow also open sessions, and would close a shared one.
    with create_session(scoped=False) as session:
        row = select(DagModel).where(DagModel.dag_id == dag_id)
        dag = session.scalar(with_row_locks(row, session, of=DagModel))
        if key is not None and (known := _run_of_key(session, dag_id, key)):
            return known
        if dag is None or dag.is_stale:
            raise Refusal(500, "CRON_JOB_ERROR", f"Airflow does not know the DAG {dag_id}")
        if dag.is_paused:
            raise Refusal(409, "DAG_PAUSED", f"the DAG {dag_id} is paused; nothing was started")
        if joined := _equal_run(session, dag_id, wanted):
            if key is not None:
                _remember(session, dag_id, key, joined, caller)
            return joined
        return _create(session, dag_id, wanted, key, caller)


def _run_of_key(session: "Session", dag_id: str, key: str) -> str | None:
    """The run that was started or joined with this key before."""
    from airflow.models import DagRun
    from airflow.models.log import Log
    from sqlalchemy import select

    own = select(DagRun.run_id).where(DagRun.dag_id == dag_id, DagRun.run_id == _run_id_of(key))
    joined = select(Log.run_id).where(
        Log.dag_id == dag_id, Log.event == _JOINED, Log.extra == _digest(key)
    )
    return session.scalar(own) or session.scalar(joined.limit(1))


def _equal_run(session: "Session", dag_id: str, wanted: RunRequest) -> str | None:
    """A queued or running manual run with equal params.

    Scheduled runs and backfills have their own windows and are never joined.
    """
    from airflow.models import DagRun
    from airflow.utils.types import DagRunType
    from sqlalchemy import select

    active = (
        select(DagRun.run_id, DagRun.conf)
        .where(
            DagRun.dag_id == dag_id,
            DagRun.run_type == DagRunType.MANUAL,
            DagRun.state.in_(("queued", "running")),
        )
        .order_by(DagRun.id)
    )
    for run_id, conf in session.execute(active):
        if _is_equal(conf or {}, wanted):
            return str(run_id)
    return None


def _is_equal(conf: Mapping[str, Any], wanted: RunRequest) -> bool:
    try:
        return _unordered(parse_request(conf)) == _unordered(wanted)
    except ParamError:
        return False


def _unordered(request: RunRequest) -> RunRequest:
    return replace(request, ticket_ids=tuple(sorted(request.ticket_ids)))


def _remember(session: "Session", dag_id: str, key: str, run_id: str, caller: str) -> None:
    """Record the caller in Airflow's audit log."""
    from airflow.models.log import Log

    session.add(Log(_JOINED, owner=caller, extra=_digest(key), dag_id=dag_id, run_id=run_id))


def _create(
    session: "Session", dag_id: str, wanted: RunRequest, key: str | None, caller: str
) -> str:
    from airflow.api.common.trigger_dag import trigger_dag
    from airflow.utils.types import DagRunTriggeredByType

    run_id = _run_id_of(key) if key is not None else _new_run_id()
    trigger_dag(
        dag_id,
        triggered_by=DagRunTriggeredByType.REST_API,
        triggering_user_name=caller,
        run_id=run_id,
        conf=wanted.to_dict(),
        session=session,
    )
    return run_id


def _run_id_of(key: str) -> str:
    return f"http__key_{_digest(key)[:32]}"


def _new_run_id() -> str:
    return f"http__{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}_{uuid4().hex[:8]}"


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def find(dag_id: str, job_id: UUID) -> str | None:
    """The run id of a job id. A uuid5 cannot be reversed, so this tries the runs, newest first."""
    from airflow.models import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    newest_first = select(DagRun.run_id).where(DagRun.dag_id == dag_id).order_by(DagRun.id.desc())
    with create_session(scoped=False) as session:
        for run_id in session.scalars(newest_first.execution_options(yield_per=500)):
            if job_id_of(dag_id, run_id) == job_id:
                return run_id
    return None


def get_run(dag_id: str, run_id: str) -> SeenRun | None:
    """The present state of a run; None if Airflow does not have it any more."""
    from airflow.models import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    columns = (DagRun.state, DagRun.conf, DagRun.start_date, DagRun.end_date)
    row = select(*columns).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
    with create_session(scoped=False) as session:
        found = session.execute(row).one_or_none()
        if found is None:
            return None
        state, conf, started_at, ended_at = found
        seen = SeenRun(dag_id, run_id, str(state), conf or {}, started_at, ended_at, None)
        return replace(seen, summary=_summary(session, dag_id, run_id)) if seen.is_over else seen


def _summary(session: "Session", dag_id: str, run_id: str) -> Mapping[str, Any] | None:
    from airflow.models.xcom import XComModel

    returned = XComModel.get_many(
        run_id=run_id, key="return_value", task_ids=FINALIZE, dag_ids=dag_id, limit=1
    )
    found = session.scalar(returned)
    value = XComModel.deserialize_value(found) if found is not None else None
    return value if isinstance(value, dict) else None
