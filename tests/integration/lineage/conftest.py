"""The engine's worlds on a FibreFlow of the lineage "maintenance".

`make prove` repeats the whole suites here. `make test` leaves out of outbound and notes what is
about QContact's side alone (refusals, lost answers, doubts): the lineage has no part in that.
"""

from collections.abc import Callable, Iterator

import pytest

from tests.integration.lineage import maintenance
from tests.kept_connections import kept_connections as kept_connections
from tests.lent_databases import LentDatabases
from tests.sync_roles import SyncRoles

OUTBOUND = "test_outbound_on_maintenance.py"
ABOUT_FIBREFLOW = {
    "test_a_status_goes_out_alone",
    "test_an_assignment_goes_out_as_the_full_name",
    "test_a_cleared_assignment_goes_out_as_null",
    "test_both_fields_go_out_in_one_call_with_a_row_each",
    "test_a_hundred_changes_go_out",
    "test_tickets_that_did_not_come_from_qcontact_stay_here",
    "test_a_reopening_here_goes_out",
    "test_a_reopening_there_waits_for_a_person",
    "test_follow_reopens_here_and_clears_the_closing_time",
    "test_follow_ends_what_waited_before_it_was_set",
    "test_the_conflict_ends_when_fibreflow_reopens_too",
    "test_the_more_advanced_status_of_qcontact_wins_and_ours_is_kept",
    "test_our_status_wins_where_it_is_not_behind_and_theirs_is_kept",
    "test_who_wins_the_assignment_is_a_setting",
    "test_different_fields_moved_apart_both_arrive",
    "test_an_edit_between_our_read_and_the_next_run_is_merged",
    "test_a_refused_change_waits_until_either_side_changes",
    "test_deleted_ticket_is_reported_and_not_tried_again",
    "test_a_ticket_that_comes_back_is_the_same_pair",
    "test_a_run_that_died_between_intent_and_answer_asks_what_arrived",
    "test_a_client_note_goes_out_public_once",
    "test_an_internal_note_stays_here",
    "test_an_internal_note_goes_out_as_internal_where_the_setting_says_so",
    "test_a_system_note_never_goes_out",
    "test_notes_go_out_in_the_order_they_were_written",
    "test_two_equal_notes_are_two_notes",
    "test_a_note_on_a_ticket_that_is_not_linked_stays_here",
    "test_a_note_and_a_status_of_one_ticket_are_one_ticket_in_the_counts",
    "test_any_text_goes_out_as_it_is",
}


def pytest_itemcollected(item: pytest.Item) -> None:
    name = item.name.partition("[")[0]
    if item.path.name == OUTBOUND and name not in ABOUT_FIBREFLOW:
        item.add_marker(pytest.mark.deep)


@pytest.fixture(scope="session")
def maintenance_template(pg_server: str, roles: SyncRoles) -> Iterator[str]:
    with maintenance.template(pg_server, roles, "usual_words.toml") as name:
        yield name


@pytest.fixture
def maintenance_db(
    lent: LentDatabases, maintenance_template: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    maintenance.use("usual_words.toml", monkeypatch)
    with lent.lend(maintenance_template) as dsn:
        yield dsn


@pytest.fixture
def as_seen(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Through the views of the usual names; for tests that make their databases themselves."""
    maintenance.use("usual_words.toml", monkeypatch)
    return maintenance.seen_as_usual


@pytest.fixture(scope="session")
def template_db(maintenance_template: str) -> str:
    """In place of the usual one."""
    return maintenance_template


@pytest.fixture
def fibreflow_db(maintenance_db: str) -> str:
    """In place of the usual one: through the views of the usual names."""
    return maintenance.seen_as_usual(maintenance_db)


@pytest.fixture
def runtime_db(maintenance_db: str, roles: SyncRoles) -> str:
    """In place of the usual one."""
    return roles.as_runtime(maintenance_db)
