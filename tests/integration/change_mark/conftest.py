"""A FibreFlow whose owner lets changes be marked."""

import pytest

from tests.change_triggers import add_triggers


@pytest.fixture
def fibreflow_db(fibreflow_db: str) -> str:
    """DSN of a migrated database of the test's own, with the triggers."""
    add_triggers(fibreflow_db)
    return fibreflow_db
