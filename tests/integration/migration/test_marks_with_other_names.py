"""Changes of tables with other names are marked, too."""

import pytest

from tests.change_triggers import add_triggers
from tests.integration.change_mark.marked_elsewhere import goes_out_by_mark
from tests.integration.migration.other_names import SCHEMA
from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


def test_a_change_goes_out_by_its_mark(world: World, renamed_db: str):
    add_triggers(renamed_db, tickets=SCHEMA.names.tickets, ticket_notes=SCHEMA.names.ticket_notes)
    goes_out_by_mark(world)
