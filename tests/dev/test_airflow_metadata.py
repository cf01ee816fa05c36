"""Airflow's own database: migrated once a version, kept or forgotten as asked."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest

from dev.airflow.metadata import prepare
from dev.database.postgres import server
from tests.private_postgres import new_datadir

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def own_server() -> Iterator[str]:
    """Names of these databases are fixed, so they get a server of their own."""
    with new_datadir() as datadir, server(datadir, durable=False) as dsn:
        yield dsn


class Migrations:
    """Counts, and leaves a table that tells one database from another."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def __call__(self, dsn: str) -> None:
        self.done.append(dsn)
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS runs (id text)")


def runs(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT count(*) FROM runs").fetchone()
        connection.execute("INSERT INTO runs VALUES (%s)", [str(uuid.uuid4())])
    assert row is not None
    return int(row[0])


def test_the_demo_forgets_and_the_rest_is_kept(own_server):
    migrate = Migrations()

    def again(*, afresh: bool) -> int:
        return runs(prepare(own_server, "3.3.2", migrate, afresh=afresh))

    assert [again(afresh=False), again(afresh=True), again(afresh=True)] == [0, 0, 0]
    assert again(afresh=False) == 1
    assert len(migrate.done) == 2


def test_another_version_migrates_again(own_server):
    migrate = Migrations()
    prepare(own_server, "9.0.0", migrate, afresh=False)
    prepare(own_server, "9.0.0", migrate, afresh=False)
    prepare(own_server, "9.0.1", migrate, afresh=False)
    assert len(migrate.done) == 2


def test_a_migration_that_broke_is_tried_again(own_server):
    def broken(dsn: str) -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        prepare(own_server, "10.0.0", broken, afresh=False)
    migrate = Migrations()
    prepare(own_server, "10.0.0", migrate, afresh=False)
    assert len(migrate.done) == 1
