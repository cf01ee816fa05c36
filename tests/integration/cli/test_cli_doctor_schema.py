"""`doctor` says so where no ticket can come in, whatever keeps it out."""

from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from dev.database.postgres import database_dsn, drop_database
from tests.database import tuples
from tests.integration.cli.command_line import CommandLine

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

_AS_VIEW = "ALTER TABLE tickets RENAME TO all_tickets; "


def checks(program: CommandLine) -> dict[str, dict[str, str]]:
    return {check["name"]: check for check in program("doctor", "--json").document["checks"]}


def test_doctor_is_content_with_fibreflows_own_tables(program: CommandLine) -> None:
    found = checks(program)
    assert found["tables"]["state"] == "ok"
    assert not {"row security", "encoding"} & found.keys()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param(
            "ALTER TABLE tickets ADD branch text; ALTER TABLE tickets ALTER branch SET NOT NULL",
            "tickets.branch must be filled and has no default",
            id="required",
        ),
        pytest.param(
            "ALTER TABLE tickets DROP pon_number; ALTER TABLE tickets ADD pon_number text"
            " GENERATED ALWAYS AS (upper(pole_number)) STORED",
            "tickets.pon_number is generated",
            id="generated",
        ),
        pytest.param(
            "ALTER TABLE tickets ALTER status TYPE varchar(3)",
            "tickets.status is too short: 3 of 16",
            id="short",
        ),
        pytest.param(
            "CREATE RULE nothing AS ON INSERT TO tickets DO INSTEAD NOTHING",
            "tickets has the rule nothing",
            id="rule",
        ),
        pytest.param(
            _AS_VIEW + "CREATE VIEW tickets AS SELECT t.* FROM all_tickets t JOIN users u"
            " ON u.id = t.assigned_to",
            "tickets is a view that takes no inserts or updates",
            id="view-with-a-join",
        ),
        pytest.param(
            _AS_VIEW + "ALTER TABLE all_tickets RENAME title TO heading;"
            " CREATE VIEW tickets AS SELECT *, upper(heading) AS title FROM all_tickets",
            "tickets.title is computed by the view",
            id="computed",
        ),
        pytest.param(
            "ALTER TABLE qcontact_sync_log ADD tenant uuid; "
            "ALTER TABLE qcontact_sync_log ALTER tenant SET NOT NULL",
            "qcontact_sync_log.tenant must be filled",
            id="audit",
        ),
    ],
)
def test_doctor_fails_where_no_ticket_can_come_in(
    program: CommandLine, fibreflow_db: str, change: str, named: str
) -> None:
    tuples(fibreflow_db, change)
    tuples(fibreflow_db, "GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC")
    ended = program("run")
    assert ended.exit_status == 1
    tables = checks(program)["tables"]
    assert tables["state"] == "failed"
    assert named in tables["found"]


@pytest.mark.parametrize(
    ("column", "warning"),
    [("title", "100 of 255"), ("description", "100 of 4000000"), ("address", "100 of 4000000")],
)
def test_doctor_warns_where_long_texts_do_not_fit(
    program: CommandLine, fibreflow_db: str, column: str, warning: str
) -> None:
    tuples(fibreflow_db, f"ALTER TABLE tickets ALTER {column} TYPE varchar(100)")
    tables = checks(program)["tables"]
    assert (tables["state"], warning in tables["found"]) == ("warning", True)


def test_doctor_warns_where_policies_apply(program: CommandLine, fibreflow_db: str) -> None:
    tuples(fibreflow_db, "ALTER TABLE tickets ENABLE ROW LEVEL SECURITY")
    assert "no policy lets a row pass" in checks(program)["row security"]["found"]
    tuples(fibreflow_db, "CREATE POLICY everyone ON tickets USING (true)")
    tuples(
        fibreflow_db,
        "CREATE POLICY own_region ON tickets AS RESTRICTIVE USING (status <> 'closed')",
    )
    found = checks(program)["row security"]
    assert found["state"] == "warning"
    assert "tickets (restrictive: own_region)" in found["found"]
    assert "no link yet is created a second time" in found["advice"]


def test_doctor_warns_where_the_encoding_is_not_utf8(program: CommandLine, pg_server: str) -> None:
    name = f"test_{uuid4().hex}"
    with psycopg.connect(pg_server, autocommit=True) as connection:
        connection.execute(
            sql.SQL(
                "CREATE DATABASE {} ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C'"
                " LC_CTYPE 'C'"
            ).format(sql.Identifier(name))
        )
    elsewhere = program.having(DATABASE_URL=database_dsn(pg_server, name))
    elsewhere("migrate")
    assert "LATIN1" in checks(elsewhere)["encoding"]["found"]
    drop_database(pg_server, name)
