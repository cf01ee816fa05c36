"""Conflicts, a killed run, a pause and a session per transaction once more, with this room's
databases.
"""

from tests.integration.chaos.test_interrupted_runs import *  # noqa: F403
from tests.integration.chaos.test_pooled_connections import (  # noqa: F401
    test_both_directions_work_with_a_session_per_transaction,
)
from tests.integration.kills.test_first_import import (  # noqa: F401
    test_a_first_import_that_is_killed_goes_on,
)
from tests.integration.sync.test_review import (  # noqa: F401
    test_a_dismissed_failure_comes_back_with_the_next_change,
    test_a_field_that_both_sides_keep_undoing_is_frozen,
    test_a_reopened_ticket_waits_and_neither_side_is_written,
    test_a_story_names_who_is_assigned_and_counts_the_notes_to_send,
    test_a_ticket_tells_its_story,
    test_keeping_remote_reopens_the_row_at_once,
    test_the_status_counts_what_is_open,
)
