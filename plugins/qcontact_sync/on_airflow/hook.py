"""QContact as an Airflow hook: the connection form, its test, and the values for the tasks."""

import asyncio
from typing import ClassVar

from airflow.sdk import BaseHook

from qcontact_sync.config.access import Dialect, QContactAccess
from qcontact_sync.config.accounts import Account
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.errors import ConfigError, ErrorCode, SyncError
from qcontact_sync.on_airflow.connections import QContactAccount, qcontact_account, settings_for
from qcontact_sync.on_airflow.provider_info import QCONTACT
from qcontact_sync.on_airflow.version_compat import with_connection_form
from qcontact_sync.reporting.advice import access_advice
from qcontact_sync.services.wiring import open_remote

_TEST_TIMEOUT_S = 10.0


@with_connection_form(QCONTACT)
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
        """The account's address, credentials and dialect; makes no request.

        Raises:
            ConfigError: The connection is missing, or a field of it cannot be used.
        """
        return qcontact_account(self.qcontact_conn_id)

    def test_connection(self) -> tuple[bool, str]:
        """List one ticket of each queue; what answered, or what is wrong and what to do about it.

        With dialect entities it signs in, and the sentence says who is signed in and how many
        cases each queue has.
        """
        try:
            account = self.get_conn()
            settings = settings_for(Account(qcontact_conn_id=self.qcontact_conn_id), account)
            hurried = settings.quick(timeout_s=_TEST_TIMEOUT_S)
            return True, asyncio.run(_answer(account.access, hurried))
        except ConfigError as error:
            return False, str(error)
        except SyncError as error:
            return False, _explained(error, account.access.dialect)


def _explained(error: SyncError, dialect: Dialect) -> str:
    """One sentence: what is wrong, and what to do about it."""
    if dialect is Dialect.ENTITIES and error.code is ErrorCode.AUTHENTICATION_ERROR:
        return str(error)  # which names what to correct
    advice = access_advice(error.code, url="the base URL", key="the API key")
    return f"{error} ({advice})" if advice else str(error)


async def _answer(qcontact: QContactAccess, settings: Settings) -> str:
    async with open_remote(qcontact, settings) as remote:
        return await remote.check()
