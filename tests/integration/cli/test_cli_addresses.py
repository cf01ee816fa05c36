"""The fault list's addresses: what is mistyped is refused in a sentence, and shows no password."""

import os

import pytest

from tests.database import tuples
from tests.integration.cli.command_line import CommandLine

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"DATABASE_URL": f"postgresql://sync:{SECRET}/2@db/fibreflow"}, "DATABASE_URL"),
        ({"DATABASE_URL": f"postgresql://sync:{SECRET}@db/f?pgbouncer=true"}, "pgbouncer"),
        ({"DATABASE_URL": f"postgresql://sync:{SECRET}@db..example/fibreflow"}, "DATABASE_URL"),
        ({"DATABASE_URL": os.fsdecode(b"postgresql://s:\xe9@db/fibreflow")}, "DATABASE_URL"),
        ({"QCONTACT_API_URL": "http://[::1"}, "QCONTACT_API_URL"),
        ({"QCONTACT_API_URL": f"http://{'x' * 64}.example"}, "QCONTACT_API_URL"),
        ({"QCONTACT_API_URL": os.fsdecode(b"http://\xe9.example")}, "QCONTACT_API_URL"),
        ({"QCONTACT_API_KEY": f"{SECRET}\n{SECRET}"}, "QCONTACT_API_KEY"),
        ({"QCONTACT_API_KEY": os.fsdecode(b"s3cr3t\xe9")}, "QCONTACT_API_KEY"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_mistyped_address_is_refused_in_a_sentence_and_leaves_no_run(
    program: CommandLine, fibreflow_db: str, variables: dict[str, str], named: str
) -> None:
    wrong = program.having(**variables)
    ended = wrong("run", "--json")
    assert ended.exit_status == 2
    assert ended.document["error"]["code"] == "CONFIG_ERROR"
    assert named in ended.document["error"]["message"]
    checked = wrong("doctor", "--json")
    assert checked.exit_status == 1
    assert isinstance(checked.document, dict)
    for shown in (ended.stdout + ended.stderr, checked.stdout + checked.stderr):
        assert "Traceback" not in shown
        assert SECRET not in shown
    assert tuples(fibreflow_db, "SELECT status FROM sync_job_history") == []


def test_blanks_around_addresses_and_keys_do_not_matter(program: CommandLine) -> None:
    environment = {
        name: f"{program.environment[name]}\n"
        for name in ("DATABASE_URL", "QCONTACT_API_URL", "QCONTACT_API_KEY")
    }
    assert program.having(**environment)("run").exit_status == 0


@pytest.mark.parametrize(
    "variables",
    [{"PGPORT": "abc"}, {"PGHOST": "db..example"}, {"PGHOST": f"{'x' * 64}.example"}],
    ids=["port", "empty-label", "long-label"],
)
def test_variables_of_libpq_that_cannot_be_meant_are_no_traceback(
    program: CommandLine, variables: dict[str, str]
) -> None:
    elsewhere = program.having(DATABASE_URL=f"user=sync password={SECRET} dbname=f", **variables)
    for command in (["run", "--json"], ["migrate"], ["history", "--json"], ["doctor", "--json"]):
        ended = elsewhere(*command)
        assert ended.exit_status == 1
        assert "Traceback" not in ended.stderr
        assert SECRET not in ended.stdout + ended.stderr
