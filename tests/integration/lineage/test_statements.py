"""Every statement of the package is one that PostgreSQL takes on the lineage's tables."""

import re

import psycopg
import pytest
from qcontact_sync.fibreflow.statements import sql_folder, statement

from tests.integration.lineage.maintenance import MAINTENANCE, SCHEMA

pytestmark = pytest.mark.integration

PARAM = re.compile(r"%\((\w+)\)s")
# PREPARE takes these only.
PREPARED = re.compile(r"(--.*\n|\s)*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")


def numbered(text: str) -> str:
    """The statement with PostgreSQL's own parameters."""
    names = list(dict.fromkeys(PARAM.findall(text)))
    return PARAM.sub(lambda found: f"${names.index(found[1]) + 1}", text)


def test_every_statement_can_be_prepared(maintenance_db: str) -> None:
    folders = (sql_folder() / "queries", sql_folder() / "adapters" / MAINTENANCE)
    names = sorted({path.stem for folder in folders for path in folder.glob("*.sql")})
    refused = {}
    with psycopg.connect(maintenance_db, autocommit=True) as connection:
        for name in names:
            text = statement(name, SCHEMA)
            if PREPARED.match(text):
                try:
                    connection.execute(f"PREPARE {name}_ AS {numbered(text)}".encode())
                except psycopg.Error as error:
                    refused[name] = str(error).splitlines()[0]
    assert refused == {}
