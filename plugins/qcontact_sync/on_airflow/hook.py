"""QContact as an Airflow hook: the connection form, its test, and what the tasks read from it."""

from typing import ClassVar

from airflow.sdk import BaseHook

from qcontact_sync import jobs
from qcontact_sync.config.accounts import Account
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.errors import ErrorCode, SyncError
from qcontact_sync.on_airflow.connections import QContactAccount, qcontact_account, settings_for

_TEST_TIMEOUT_S = 10.0

_ADVICE = {
    ErrorCode.AUTHENTICATION_ERROR: "check the API key",
    ErrorCode.AUTHORIZATION_ERROR: "ask for an API key that may read tickets",
    ErrorCode.NOT_FOUND: "check the base URL's path and the dialect",
    ErrorCode.PARSE_ERROR: "check the base URL and the dialect: something else answers there",
    ErrorCode.NETWORK_ERROR: "check the base URL, and whether this machine may connect to it",
    ErrorCode.TIMEOUT: "check the base URL, and whether this machine may connect to it",
    ErrorCode.RATE_LIMITED: "the connection works; QContact asks to wait",
    ErrorCode.SERVER_ERROR: "QContact is in trouble; try again later",
}


class QContactHook(BaseHook):
    """A QContact account, as a connection of type ``qcontact`` describes it.

    :param qcontact_conn_id: the :ref:`connection id <concepts:connections>`; there is no
        fallback to another one
    """

    conn_name_attr = "qcontact_conn_id"
    default_conn_name: ClassVar[str] = "qcontact_default"
    conn_type = "qcontact"
    hook_name = "QContact"

    def __init__(
        self, qcontact_conn_id: str = "qcontact_default", logger_name: str | None = None
    ) -> None:
        super().__init__(logger_name=logger_name)
        self.qcontact_conn_id = qcontact_conn_id

    def get_conn(self) -> QContactAccount:
        """Where the account is and how to speak to it; no request is made.

        Raises:
            ConfigError: The connection is missing, or a field of it cannot be used.
        """
        return qcontact_account(self.qcontact_conn_id)

    def test_connection(self) -> tuple[bool, str]:
        """List one ticket; what answered, or what is wrong and what to do about it."""
        try:
            account = self.get_conn()
            settings = settings_for(Account(qcontact_conn_id=self.qcontact_conn_id), account)
            return True, jobs.check_qcontact(account.access, _impatient(settings))
        except SyncError as error:
            advice = _ADVICE.get(error.code)
            return False, f"{error} ({advice})" if advice else str(error)


def _impatient(settings: Settings) -> Settings:
    """Someone is looking at the form: one try, and not for long."""
    timeout_s = min(settings.timeout_s, _TEST_TIMEOUT_S)
    return settings.model_copy(update={"retry_budget_s": 0.0, "timeout_s": timeout_s})
