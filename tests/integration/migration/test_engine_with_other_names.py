"""Tests of the engine once more, with this room's `world`: no table has its usual name."""

import pytest

from tests.integration.sync import test_notes as notes
from tests.integration.sync import test_outbound as outbound
from tests.integration.sync import test_poisoned_tickets as poisoned
from tests.integration.sync import test_review as review
from tests.integration.sync import test_runs as runs

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

linked = outbound.linked

test_quarantine = poisoned.test_a_malformed_ticket_that_is_mended_arrives_and_leaves_the_quarantine
test_a_conflict_is_resolved_here = review.test_keeping_remote_reopens_the_row_at_once
test_the_story_of_a_ticket = review.test_a_ticket_tells_its_story
test_the_status_counts = review.test_the_status_counts_what_is_open
test_a_client_note = notes.test_a_client_note_goes_out_public_once
test_a_lost_note = notes.test_a_note_that_did_not_arrive_is_sent_later
test_an_assignment = outbound.test_an_assignment_goes_out_as_the_full_name
test_ticket_ids = outbound.test_ticket_ids_in_any_form_limit_both_directions
test_the_monitoring_queries = runs.test_the_monitoring_queries_that_users_have_run_unchanged
test_the_history_row = runs.test_the_history_row_says_what_the_run_did
test_the_summary = runs.test_the_summary_in_the_audit_log_is_one_row_per_direction
