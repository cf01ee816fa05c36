"""What an account's parts are called in Airflow, for texts."""

from qcontact_sync.config.accounts import Account, configured_accounts
from qcontact_sync.config.settings import Settings
from qcontact_sync.reporting.places import Names


def names_of(settings: Settings) -> Names:
    """The names of the account that the settings belong to."""
    account = configured_accounts().get(settings.account, Account())
    return Names(
        settings.named_account,
        account.dag_id,
        account.qcontact_conn_id,
        account.fibreflow_conn_id,
    )
