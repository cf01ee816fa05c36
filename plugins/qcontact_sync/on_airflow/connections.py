"""The two sides of the sync, only from Airflow's connections.

An error about a connection names its id and field, but never a value: a value may be a secret.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from airflow.sdk import BaseHook, Connection
from airflow.sdk.log import mask_secret
from psycopg import ProgrammingError
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr, ValidationError

from qcontact_sync.config.access import (
    AccessToken,
    ApiKey,
    Credentials,
    Dialect,
    FibreFlowAccess,
    Password,
    QContactAccess,
    queues_in,
)
from qcontact_sync.config.accounts import Account, find_account
from qcontact_sync.config.addresses import database_address
from qcontact_sync.config.reasons import reason
from qcontact_sync.config.settings import Settings, load_settings, settings_with
from qcontact_sync.core.addresses import base_url, completed_url
from qcontact_sync.core.errors import ConfigError
from qcontact_sync.on_airflow.version_compat import AirflowNotFoundException

SMTP = "smtp_default"
"""The connection through which mails go."""
_ENTITIES_EXTRAS = ("client", "queues")
_OPTIONS = ("page_size", "connections", "rate_per_s", "timeout_s")
# Only PostgresHook reads these; libpq does not know them, and they do not change the address.
_NOT_LIBPQ = frozenset({"cursor", "sqlalchemy_scheme", "sqlalchemy_query"})
_TOKEN_SIGN_IN = frozenset({"iam", "azure_conn_id", "redshift", "redshift-serverless"})


@dataclass(frozen=True, slots=True)
class QContactAccount:
    """A `qcontact` connection, checked.

    Attributes:
        access: Its base URL has a scheme and may hold a path prefix.
        options: Values that replace the settings of the same names.
    """

    access: QContactAccess
    options: Mapping[str, object]


def configuration(name: str) -> tuple[FibreFlowAccess, QContactAccess, Settings]:
    """An account's sides and settings, with the QContact connection's options laid over them.

    Raises:
        ConfigError: Names the setting, or the connection and its field, and what to do.
    """
    account = find_account(name)
    remote = qcontact_account(account.qcontact_conn_id)
    fibreflow = fibreflow_database(account.fibreflow_conn_id)
    return fibreflow, remote.access, settings_for(account, remote)


def fibreflow_configuration(name: str) -> tuple[FibreFlowAccess, Settings]:
    """An account's FibreFlow and settings, for work that does not need QContact.

    Raises:
        ConfigError: The connection or a setting cannot be used.
    """
    account = find_account(name)
    return fibreflow_database(account.fibreflow_conn_id), load_settings(account)


def qcontact_account(conn_id: str) -> QContactAccount:
    """Read and check a connection of type `qcontact`.

    Raises:
        ConfigError: It is missing, of another type, or a field of it cannot be used.
    """
    connection = _find(conn_id, "qcontact")
    secret = (connection.password or "").strip()
    if not secret:
        raise ConfigError(f"connection {conn_id}: no API key or password; fill in that field")
    mask_secret(secret)
    extras = _filled_extras(conn_id, connection)
    dialect = _dialect(conn_id, extras.pop("dialect", Dialect.TICKETS))
    _require_known(conn_id, extras, ("dialect", *_ENTITIES_EXTRAS, *_OPTIONS))
    client, queues = (str(extras.pop(name, "")) for name in _ENTITIES_EXTRAS)
    if dialect is Dialect.TICKETS:
        queues = ""  # ignored, as its variable is
    credentials = _credentials(conn_id, dialect, connection.login or "", SecretStr(secret), client)
    url = _base_url(conn_id, connection)
    return QContactAccount(QContactAccess(url, credentials, dialect, queues_in(queues)), extras)


def _require_known(conn_id: str, extras: Mapping[str, object], known: Sequence[str]) -> None:
    unknown = sorted(set(extras) - set(known))
    if unknown:
        raise ConfigError(
            f"connection {conn_id}: unknown extra {', '.join(unknown)}; known: {', '.join(known)}"
        )


def _credentials(
    conn_id: str, dialect: Dialect, email: str, secret: SecretStr, client: str
) -> Credentials:
    """The password field contains a token if ``client`` is set."""
    if dialect is Dialect.TICKETS:
        return ApiKey(secret)
    if not email.strip():
        raise ConfigError(
            f"connection {conn_id}: no e-mail address; fill in the field of that name (dialect "
            "entities)"
        )
    email = email.strip()
    return AccessToken(email, secret, client) if client else Password(email, secret)


def settings_for(account: Account, remote: QContactAccount) -> Settings:
    """An account's settings, with its connection's options laid over them; numbers may be text.

    Raises:
        ConfigError: Names the variable or the extra that cannot be used, and why.
    """
    # First alone: an error then names a variable as a variable, not as the connection's extra.
    load_settings(account)
    try:
        return settings_with(account, **remote.options)
    except ValidationError as error:
        reasons = "; ".join(f"extra {e['loc'][0]}: {reason(e)}" for e in error.errors())
        raise ConfigError(f"connection {account.qcontact_conn_id}: cannot use {reasons}") from None


def fibreflow_database(conn_id: str) -> FibreFlowAccess:
    """A Postgres connection, as libpq conninfo, with extras such as ``sslmode``.

    Raises:
        ConfigError: It is missing, of another type, or libpq does not know one of its extras.
    """
    connection = _find(conn_id, "postgres")
    extras = _filled_extras(conn_id, connection)
    if not connection.host or not connection.schema:
        raise ConfigError(f"connection {conn_id}: the fields Host and Database must be filled in")
    tokens = sorted(_TOKEN_SIGN_IN & extras.keys())
    if tokens:
        raise ConfigError(f"connection {conn_id}: extra {', '.join(tokens)} is not supported here")
    options = {name: str(value) for name, value in extras.items() if name not in _NOT_LIBPQ}
    parts = {
        "host": connection.host,
        "port": connection.port or None,  # the UI sends 0 for none
        "user": connection.login,
        "password": connection.password,
        "dbname": connection.schema,
        **options,
    }
    try:
        conninfo = make_conninfo(**{k: str(v) for k, v in parts.items() if v is not None})
    except (ProgrammingError, UnicodeError):
        names = ", ".join(sorted(options)) or "none"
        raise ConfigError(
            f"connection {conn_id}: libpq does not accept its extras ({names})"
        ) from None
    address = database_address(conninfo, f"connection {conn_id}")
    return FibreFlowAccess(SecretStr(address))


def _find(conn_id: str, conn_type: str) -> Connection:
    try:
        connection = BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        raise ConfigError(
            f"connection {conn_id} is not defined: add it under Admin > Connections with type "
            f"{conn_type}, or set AIRFLOW_CONN_{conn_id.upper()}"
        ) from None
    if connection.conn_type != conn_type:
        raise ConfigError(
            f"connection {conn_id} has type {connection.conn_type}; it must be {conn_type}"
        )
    return connection


def _filled_extras(conn_id: str, connection: Connection) -> dict[str, object]:
    # Not `extra_dejson`: it replaces an extra that is not JSON by an empty one.
    try:
        extras = json.loads(connection.extra or "{}")
    except json.JSONDecodeError:
        extras = None
    if not isinstance(extras, dict):
        raise ConfigError(f"connection {conn_id}: its extra is not a JSON object")
    # The form sends emptied fields as "" or null.
    return {name: value for name, value in extras.items() if value not in (None, "")}


def _dialect(conn_id: str, value: object) -> Dialect:
    try:
        return Dialect(str(value))
    except ValueError:
        known = ", ".join(Dialect)
        raise ConfigError(f"connection {conn_id}: extra dialect is not one of {known}") from None


def _base_url(conn_id: str, connection: Connection) -> str:
    """The host from the form (a URL), or composed from the parts of a URI connection."""
    url = completed_url((connection.host or "").strip(), connection.schema or "")
    parts = urlsplit(base_url(url, f"connection {conn_id}: its base URL"))
    if connection.port and parts.port is None:
        parts = parts._replace(netloc=f"{parts.netloc}:{connection.port}")
    return parts.geturl()
