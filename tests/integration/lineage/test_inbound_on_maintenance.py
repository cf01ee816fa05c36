"""The suite of inbound and two backfills once more, with this room's databases."""

from tests.integration.faults.test_faults_backfill import (  # noqa: F401
    test_edits_made_while_a_backfill_runs_win,
    test_the_same_window_again_writes_nothing,
)
from tests.integration.sync.test_inbound import *  # noqa: F403

# The lineage has another word for an incident, takes a zone as text, and has other columns that
# are FibreFlow's own: test_maintenance.py.
del test_a_new_ticket_becomes_a_row  # noqa: F821
del test_a_custom_field_that_does_not_fit_is_named_and_costs_nothing_else  # noqa: F821
del test_fibreflows_own_columns_are_never_written  # noqa: F821
