"""Connections in Airflow's own database, written as Airflow writes them, without starting it."""

import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import create_engine, text

_INSERT = text(
    "INSERT INTO connection (conn_id, conn_type, host, schema, login, port, password,"
    " is_encrypted, extra, is_extra_encrypted) VALUES (:conn_id, :conn_type, :host, :schema,"
    " :login, :port, :password, :is_encrypted, :extra, :is_extra_encrypted)"
)
_PLAIN = ("conn_type", "host", "schema", "login", "port")


def store_connection(url: str, fernet_key: str, conn_id: str, connection: str) -> None:
    """Add a connection.

    Args:
        url: Of Airflow's database, as SQLAlchemy reads it.
        fernet_key: Encrypts the password and the extra fields.
        connection: JSON, as in an ``AIRFLOW_CONN_`` variable.
    """
    engine = create_engine(url)
    with engine.begin() as opened:
        opened.execute(_INSERT, _row(Fernet(fernet_key), conn_id, json.loads(connection)))
    engine.dispose()


def _row(fernet: Fernet, conn_id: str, given: Mapping[str, Any]) -> dict[str, object]:
    hidden = {"password": given.get("password"), "extra": json.dumps(given.get("extra", {}))}
    encrypted = {name: fernet.encrypt(value.encode()).decode() for name, value in hidden.items()
                 if value is not None}  # fmt: skip
    return {
        "conn_id": conn_id,
        **{name: given.get(name) for name in _PLAIN},
        "password": None,
        **encrypted,
        "is_encrypted": "password" in encrypted,
        "is_extra_encrypted": True,
    }
