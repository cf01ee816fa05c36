"""Deprecated: this is now `config.settings` and `config.access`, until the next release."""

import warnings
from dataclasses import dataclass

from pydantic import SecretStr

from qcontact_sync.config.access import *  # noqa: F403
from qcontact_sync.config.access import (
    ApiKey,
    Dialect,
    FibreFlowAccess,
    QContactAccess,
    access_from_env,
)
from qcontact_sync.config.settings import *  # noqa: F403
from qcontact_sync.core.errors import ConfigError

warnings.warn(
    "qcontact_sync.settings is now qcontact_sync.config.settings and .access",
    DeprecationWarning,
    stacklevel=2,
)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Deprecated: both sides in one; now `QContactAccess` and `FibreFlowAccess`."""

    database_url: SecretStr
    qcontact_url: str
    qcontact_key: SecretStr
    dialect: Dialect = Dialect.TICKETS

    @property
    def fibreflow(self) -> FibreFlowAccess:
        """The database's half."""
        return FibreFlowAccess(self.database_url)

    @property
    def qcontact(self) -> QContactAccess:
        """QContact's half."""
        return QContactAccess(self.qcontact_url, ApiKey(self.qcontact_key), self.dialect)


def endpoints_from_env() -> Endpoints:
    """Deprecated: `config.access.access_from_env`."""
    fibreflow, qcontact = access_from_env()
    if not isinstance(qcontact.credentials, ApiKey):
        raise ConfigError("Endpoints hold an API key only: use dialect tickets")
    return Endpoints(fibreflow.database_url, qcontact.url, qcontact.credentials.key)
