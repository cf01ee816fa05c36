"""What only Airflow knows about the sync: whether it is paused, its next run, who gets mails.

Reads Airflow's own database, so it works in the API server alone; it blocks.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from airflow.models.dag import DagModel
from airflow.models.log import Log
from airflow.sdk import BaseHook
from airflow.utils.session import create_session
from sqlalchemy import select
from sqlalchemy.orm import Session

from qcontact_sync.config.accounts import Account
from qcontact_sync.config.settings import Settings
from qcontact_sync.on_airflow.connections import SMTP
from qcontact_sync.on_airflow.notifications import why_no_notifications
from qcontact_sync.on_airflow.version_compat import AirflowNotFoundException
from qcontact_sync.reporting.surroundings import Surroundings

_PAUSING = ("patch_dag", "cli_dags")
_LOOKED_AT = 50


def read_surroundings(account: Account, settings: Settings) -> Surroundings:
    """What Airflow knows about an account's DAG; without the DAG, only who gets mails."""
    reach = Surroundings(
        no_mails=_why_no_mails(settings), no_notifications=why_no_notifications(settings)
    )
    with create_session() as session:
        dag = session.get(DagModel, account.dag_id)
        if dag is None:
            return reach
        is_paused = bool(dag.is_paused)
        return replace(
            reach,
            is_paused=is_paused,
            paused_since=_paused_since(session, account.dag_id) if is_paused else None,
            next_run_at=None if is_paused else dag.next_dagrun_create_after,
        )


def _why_no_mails(settings: Settings) -> str | None:
    if not settings.alert_to:
        return None if settings.notify_conn else "QCONTACT_SYNC_ALERT_TO is not set"
    try:
        BaseHook.get_connection(SMTP)
    except AirflowNotFoundException:
        return f"connection {SMTP} is missing"
    return None


def _paused_since(session: Session, dag_id: str) -> datetime | None:
    """The newest pause in Airflow's audit log."""
    query = (
        select(Log.dttm, Log.event, Log.extra)
        .where(Log.dag_id == dag_id, Log.event.in_(_PAUSING))
        .order_by(Log.dttm.desc())
        .limit(_LOOKED_AT)
    )
    return _newest_pause(session.execute(query).tuples())


def _newest_pause(
    entries: Iterable[tuple[datetime | None, str | None, str | None]],
) -> datetime | None:
    return next((at for at, event, extra in entries if _is_pause(event, extra)), None)


def _is_pause(event: str | None, extra: str | None) -> bool:
    try:
        said = json.loads(extra or "{}")
    except ValueError:
        return False
    if event == "patch_dag":
        return said.get("is_paused") is True
    return "'pause'" in str(said.get("full_command"))
