"""The parts of the DAG files; imports little, because Airflow parses them often.

DAG files of the previous release also call these functions: they keep their arguments for one
release (docs/deploying.md).
"""

import os
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from airflow.configuration import conf
from airflow.sdk import Asset, AssetAlias, Context, Param, get_parsing_context

from qcontact_sync.config.accounts import ACCOUNTS_FILE, Account, configured_accounts
from qcontact_sync.core.params import RUN_PARAMS, SYNC_DIRECTIONS, ParamKind
from qcontact_sync.on_airflow.deadlines import ScheduledSlotDeadline
from qcontact_sync.on_airflow.version_compat import DeadlineAlert, deadline_alert
from qcontact_sync.reporting.alerts import LATE_AFTER
from qcontact_sync.reporting.places import Place, address_of

_FORM: dict[ParamKind, dict[str, Any]] = {
    ParamKind.DIRECTION: {
        "default": "both",
        "type": "string",
        "enum": list(SYNC_DIRECTIONS),
        "values_display": {
            "both": "Both ways",
            "inbound": "Inbound only",
            "outbound": "Outbound only",
        },
    },
    ParamKind.MOMENT: {"default": None, "type": ["null", "string"], "format": "date-time"},
    ParamKind.IDS: {"default": [], "type": ["null", "array"]},
    ParamKind.SWITCH: {"default": False, "type": "boolean"},
}


def accounts_to_declare() -> Collection[Account]:
    """All accounts; only the task's account if a worker parses the file for a task.

    Raises:
        ConfigError: The accounts file is invalid; Airflow shows this as an import error.
    """
    if not os.environ.get(ACCOUNTS_FILE):
        return [Account()]
    wanted = get_parsing_context().dag_id
    if wanted is not None:
        accounts = configured_accounts().values()
        return [a for a in accounts if wanted in (a.dag_id, a.monitor_dag_id)]
    from qcontact_sync.config.settings import check_accounts

    return check_accounts().values()


def run_params() -> dict[str, Param]:
    """The form of a run, with one field for each of `core.params.RUN_PARAMS`."""
    return {
        param.name: Param(title=param.title, description=param.description, **_FORM[param.kind])
        for param in RUN_PARAMS
    }


def late_alert(account: Account, after: timedelta | None = None) -> DeadlineAlert | None:
    """Reports a scheduled run that has not ended this long after its slot.

    None with Airflow 3.1: the monitor's next run reports it.

    Args:
        after: Default: `LATE_AFTER`.
    """
    late_after = LATE_AFTER if after is None else after
    reference = ScheduledSlotDeadline(late_after)
    on_deadline = "qcontact_sync.on_airflow.deadlines.on_deadline"
    return deadline_alert("run-late", reference, late_after, on_deadline, {"account": account.name})


def ticket_assets(account: Account) -> tuple[Asset, AssetAlias]:
    """The asset for other DAGs' schedules, and the alias that `inbound_sync` declares.

    If `inbound_sync` declared the asset itself, every run would create an event, also a run that
    wrote nothing.
    """
    tickets = Asset(
        f"fibreflow_tickets{account.suffix}",
        uri="fibreflow://tickets" + (f"/{account.name}" if account.suffix else ""),
    )
    return tickets, AssetAlias(f"fibreflow_tickets_written{account.suffix}")


def failure_callback(account: Account) -> Callable[[Context], None]:
    """Mails changed alerts; this is the only report of a run that could not be recorded."""

    def on_failure(context: Context) -> None:
        from qcontact_sync.on_airflow import alerts

        alerts.on_failure(context, account.name)

    return on_failure


def manual(text: str, account: Account) -> str:
    """The documentation of a DAG in the UI, with the account's names and links to its dashboard."""
    for ours in ("qcontact_sync_monitor", "qcontact_sync"):
        text = text.replace(f"`{ours}`", f"`{ours}{account.suffix}`")
    for default, own in zip(_connections(Account()), _connections(account), strict=True):
        text = text.replace(default, own)
    dashboard, runbook = (_address(account, path) for path in ("/", "/help"))
    return f"[Dashboard]({dashboard}) | [Runbook]({runbook})\n\n{text}"


def _address(account: Account, path: str) -> str:
    base = conf.get("api", "base_url", fallback="") or ""
    return address_of(Place(path, ""), base, account.name if account.suffix else None)


def _connections(account: Account) -> tuple[str, str]:
    return account.qcontact_conn_id, account.fibreflow_conn_id
