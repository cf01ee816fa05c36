"""Failing tickets, numbers, and the record of runs once more, with this room's databases; the whole
suites are for `make prove` (`test_whole_suites_on_maintenance`).
"""

from tests.integration.sync.test_poisoned_tickets import (  # noqa: F401
    test_a_malformed_ticket_that_is_mended_arrives_and_leaves_the_quarantine,
    test_a_refused_ticket_is_tried_again_when_due_and_counted_apart,
    test_a_row_that_the_database_refuses_costs_that_ticket_only,
    test_a_ticket_that_breaks_the_code_is_alone_and_on_record,
    test_each_ticket_without_an_id_is_a_failure,
)
from tests.integration.sync.test_runs import (  # noqa: F401
    small_slices,
    test_a_batch_that_cannot_be_written_keeps_the_cursor_where_it_was,
    test_a_ticket_that_fails_in_both_tries_of_a_run_is_counted_once,
    test_inbound_still_counts_where_outbound_broke,
    test_the_history_row_says_what_the_run_did,
    test_the_summary_in_the_audit_log_is_one_row_per_direction,
    test_two_runs_at_once_send_a_note_once,
    test_who_lost_the_lease_writes_nothing_more,
)
from tests.integration.sync.test_ticket_uids import (  # noqa: F401
    test_300_tickets_with_references_used_twice_have_300_numbers,
    test_a_reference_that_is_taken_is_not_taken_again,
)
