"""A database that was given: what is said where it cannot be reached."""

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from dev.database.given import require_reachable
from dev.database.postgres import free_port
from dev.errors import CannotRun

pytestmark = pytest.mark.integration


def test_a_database_that_answers_is_reachable(runtime_db):
    require_reachable(runtime_db, "DATABASE_URL")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: {"password": "s3cret"}, "refuses the login"),
        (lambda: {"port": free_port()}, "check that it runs"),
        (lambda: {"host": "s3cret.invalid"}, "check that it runs"),
    ],
    ids=["password", "port", "host"],
)
def test_what_is_said_holds_no_part_of_the_address(runtime_db, wrong, said):
    address = make_conninfo(runtime_db, **wrong())
    with pytest.raises(CannotRun, match=said) as refused:
        require_reachable(address, "DATABASE_URL")
    parts = conninfo_to_dict(address)
    shown = str(refused.value)
    assert shown.startswith("DATABASE_URL: ")
    assert not any(str(parts[name]) in shown for name in ("host", "user", "password", "dbname"))
