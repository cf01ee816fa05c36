"""Changes of the lineage's tables are marked, too."""

import pytest

from tests.change_triggers import add_triggers
from tests.integration.change_mark.marked_elsewhere import goes_out_by_mark
from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


def test_a_change_goes_out_by_its_mark(world: World, maintenance_db: str):
    add_triggers(maintenance_db, tickets="maintenance_tickets", ticket_notes="maintenance_notes")
    goes_out_by_mark(world)
