"""The same machine where FibreFlow's schema is of the lineage "maintenance", and has its words."""

from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import rule
from qcontact_sync.config.access import Dialect
from qcontact_sync.config.mapping_file import parse_mapping
from qcontact_sync.core.mapping import TicketMapping

from tests.fakes.fake_tenant import FakeTenant
from tests.proof.sync_machine import Tally, which
from tests.proof.tenant_machine import TenantMachine

# The promises look at titles.
TITLES = "[columns.title]\nflow = 'inbound'\n"
OWN_WORDS = ("verified", "resolved", "new", "triaged", "pending", "blocked", "closed")


class MaintenanceTenant(FakeTenant):
    """A tenant beside such a FibreFlow."""

    mapping: ClassVar[TicketMapping] = parse_mapping(TITLES, "maintenance", Dialect.ENTITIES)


class MaintenanceMachine(TenantMachine):
    """One tenant and its database."""

    kind = MaintenanceTenant
    tally = Tally()

    @rule(number=which, status=st.sampled_from(OWN_WORDS))
    def was_here_before_with_an_old_word(self, number: int, status: str) -> None:
        self._add_row(number, status)

    @rule(number=which, status=st.sampled_from(OWN_WORDS))
    def move_here_to_a_word_of_the_lineage(self, number: int, status: str) -> None:
        self._edit_here(number, status=status)
