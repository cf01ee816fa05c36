"""Writes each press of a button to Airflow's audit log."""

import json

from airflow.models.log import Log
from airflow.utils.session import create_session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from qcontact_sync.on_airflow.dashboard.security import account_of, user_name


async def log_decision(request: Request, decision: str, subject: str) -> str:
    """Write who asked for what, before it is done: what cannot be logged is not done.

    Args:
        decision: retry, dismiss, keep_local or keep_remote.
        subject: The id of the entry or the conflict, or how many tickets of a comparison.

    Returns:
        The user's name.
    """
    account, user = account_of(request), user_name(request)
    extra = json.dumps({"id": subject, "account": account.name})
    await run_in_threadpool(_write, f"qcontact_sync.{decision}", user, account.dag_id, extra)
    return user


def _write(event: str, user: str, dag_id: str, extra: str) -> None:
    with create_session() as session:
        entry = Log(event, owner=user, owner_display_name=user, extra=extra, dag_id=dag_id)
        session.add(entry)
