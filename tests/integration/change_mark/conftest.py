"""A FibreFlow whose owner lets changes be marked."""

from collections.abc import Iterator

import pytest

from tests.change_triggers import add_triggers
from tests.copies import changed_template
from tests.kept_connections import kept_connections as kept_connections


@pytest.fixture(scope="session")
def template_db(pg_server: str, template_db: str) -> Iterator[str]:
    """Name of a migrated database that nobody is connected to, with the triggers."""
    with changed_template(pg_server, template_db, add_triggers) as name:
        yield name
