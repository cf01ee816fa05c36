"""A FibreFlow whose owner lets changes be marked."""

import uuid
from collections.abc import Iterator

import pytest

from dev.database.postgres import clone_database, drop_database
from tests.change_triggers import add_triggers
from tests.kept_connections import kept_connections as kept_connections


@pytest.fixture(scope="session")
def template_db(pg_server: str, template_db: str) -> Iterator[str]:
    """Name of a migrated database that nobody is connected to, with the triggers."""
    name = f"template_{uuid.uuid4().hex}"
    add_triggers(clone_database(pg_server, template_db, name))
    yield name
    drop_database(pg_server, name)
