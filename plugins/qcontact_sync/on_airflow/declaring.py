"""What the DAG files ask: for which accounts to declare DAGs; light, for they are read often."""

import os
from collections.abc import Collection

from airflow.sdk import get_parsing_context

from qcontact_sync.config.accounts import ACCOUNTS_FILE, Account, configured_accounts


def accounts_to_declare() -> Collection[Account]:
    """All accounts; the one that a task is about, where a worker reads the file for it.

    Raises:
        ConfigError: The accounts file cannot be used: an import error that says why.
    """
    if not os.environ.get(ACCOUNTS_FILE):
        return [Account()]
    wanted = get_parsing_context().dag_id
    if wanted is not None:
        accounts = configured_accounts().values()
        return [a for a in accounts if wanted in (a.dag_id, a.monitor_dag_id)]
    from qcontact_sync.config.settings import check_accounts

    return check_accounts().values()


def manual(text: str, account: Account) -> str:
    """A DAG's page in the UI, with the account's own names in it."""
    for ours in ("qcontact_sync_monitor", "qcontact_sync"):
        text = text.replace(f"`{ours}`", f"`{ours}{account.suffix}`")
    for default, own in zip(_connections(Account()), _connections(account), strict=True):
        text = text.replace(default, own)
    return text


def _connections(account: Account) -> tuple[str, str]:
    return account.qcontact_conn_id, account.fibreflow_conn_id
