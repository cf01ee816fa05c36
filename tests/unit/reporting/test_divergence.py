"""What counts as a pair that differs though everything says that it agrees."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.core.compare import compare_ticket
from qcontact_sync.core.comparison import RecordedState, Standing, TicketComparison
from qcontact_sync.core.model import KnownTicket
from qcontact_sync.reporting.alert_texts import MEANING
from qcontact_sync.reporting.alerts import Rule
from qcontact_sync.reporting.divergence import diverges

from tests.unit.core.core_values import PEOPLE, REVIEW, a_link, a_local, a_remote, without

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LONG_AGO = NOON - HOUR - timedelta(seconds=1)
EDITED = a_remote(LONG_AGO, title="Edited")


@pytest.mark.parametrize(
    ("remote", "settled_until", "expected"),
    [
        pytest.param(EDITED, NOON, True, id="a-change-was-missed"),
        pytest.param(a_remote(LONG_AGO), NOON, False, id="nothing-moved"),
        pytest.param(a_remote(NOON - HOUR, title="Edited"), NOON, False, id="not-read-yet"),
        pytest.param(EDITED, None, False, id="it-never-read-on"),
        pytest.param(EDITED._replace(updated_at=None), NOON, False, id="no-stamp"),
        pytest.param(without(a_remote(LONG_AGO), "title"), NOON, False, id="left-out"),
        pytest.param(a_remote(LONG_AGO, zone_id="x"), NOON, True, id="what-does-not-fit-moved"),
    ],
)
def test_a_change_that_was_not_brought_in_counts_when_it_should_have_been(
    remote, settled_until, expected
):
    assert diverges(remote, a_link(), a_local(), settled_until, TICKETS) is expected


@pytest.mark.parametrize(
    ("local", "remote", "link", "expected"),
    [
        pytest.param(a_local(title="Ours"), a_remote(), a_link(), True, id="changed-here"),
        pytest.param(a_local(status="closed"), a_remote(), a_link(), False, id="merely-pending"),
        pytest.param(
            a_local(title="Ours"), a_remote(title="Theirs"), a_link(), False, id="moves-there-too"
        ),
        pytest.param(
            a_local(title="Ours"), without(a_remote(), "title"), a_link(), False, id="left-out"
        ),
        pytest.param(
            a_local(),
            a_remote(zone_id="zone four"),
            a_link(remote={"zone_id": "zone four"}),
            False,
            id="does-not-fit-here",
        ),
        pytest.param(
            a_local(priority="normal"),
            a_remote(priority="Medium"),
            a_link(remote={"priority": "Medium"}),
            False,
            id="merely-maps-differently",
        ),
    ],
)
def test_one_of_qcontacts_own_fields_that_was_changed_here_counts(local, remote, link, expected):
    assert diverges(remote, link, local, None, TICKETS) is expected


def test_a_field_that_was_never_taken_over_does_not_count():
    link = a_link()
    never = replace(link, base=link.base._replace(remote={"status": "Open"}))
    assert not diverges(a_remote(), never, a_local(title="Ours"), None, TICKETS)


def compared(remote, link, local, settled_until=None) -> TicketComparison:
    known, recorded = KnownTicket(link, local), RecordedState(settled_until=settled_until)
    return compare_ticket(remote, known, recorded, PEOPLE, REVIEW)


@pytest.mark.parametrize("age", [timedelta(0), HOUR, HOUR + timedelta(microseconds=1), 9 * HOUR])
def test_a_comparison_calls_the_same_changes_missed(age):
    remote = a_remote(NOON - age, title="Edited")
    (field,) = compared(remote, a_link(), a_local(), NOON).fields

    is_missed = field.reason.startswith("no run read this change")
    assert diverges(remote, a_link(), a_local(), NOON, TICKETS) is is_missed


def test_what_differs_since_it_was_linked_is_listed_by_a_comparison_and_raises_no_alert():
    link, local = a_link(local={"status": "closed"}), a_local(status="closed")

    assert compared(a_remote(), link, local).standing is Standing.DIFFERS
    assert not diverges(a_remote(), link, local, None, TICKETS)
    assert "have differed since they were linked do not count" in MEANING[Rule.DIVERGENCE]
