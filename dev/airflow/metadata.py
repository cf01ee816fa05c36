"""Airflow's own database: migrated once a version, then copied or kept."""

from collections.abc import Callable

import psycopg
from psycopg import sql

from dev.database.postgres import clone_database, database_dsn, drop_database, ensure_database

KEPT = "airflow"
PRISTINE = "airflow_pristine"
DEMO = "airflow_demo"  # of its own: the demo forgets, and must not make other runs forgotten


def prepare(server_dsn: str, version: str, migrate: Callable[[str], None], *, afresh: bool) -> str:
    """Return the DSN of a database on which Airflow ``version`` can start.

    Args:
        server_dsn: Of a superuser on the private server.
        version: Of Airflow; written on a database when its migration is complete.
        migrate: Brings the database of a DSN to that version.
        afresh: Forget all former runs, by a copy of a database that was never used: this takes
            a moment where a migration takes seconds.
    """
    if afresh:
        _bring_to(server_dsn, PRISTINE, version, migrate)
        drop_database(server_dsn, DEMO)
        return clone_database(server_dsn, PRISTINE, DEMO)
    _bring_to(server_dsn, KEPT, version, migrate)
    return database_dsn(server_dsn, KEPT)


def _bring_to(dsn: str, name: str, version: str, migrate: Callable[[str], None]) -> None:
    own = ensure_database(dsn, name)
    with psycopg.connect(own, autocommit=True) as connection:
        row = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [name],
        ).fetchone()
    if row != (version,):
        migrate(own)
        _mark(dsn, name, version)


def _mark(dsn: str, name: str, version: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), version)
        )
