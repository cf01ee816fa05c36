"""How a ticket stands on both sides: every kind of difference, by its own word."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from qcontact_sync.core.built_in import ENTITIES
from qcontact_sync.core.compare import compare_ticket
from qcontact_sync.core.comparison import Gap, RecordedState, Standing
from qcontact_sync.core.decide import decide
from qcontact_sync.core.merge import Policy, is_the_same
from qcontact_sync.core.model import ASSIGNED_TO, STATUS, Direction, KnownTicket

from tests.unit.core.core_values import (
    ANN,
    NAMELESS,
    PEOPLE,
    REVIEW,
    STRANGER,
    a_link,
    a_local,
    a_remote,
)

DONE_HERE = a_link({STATUS: "resolved"}, {STATUS: "Open"})
TENANT = Policy(ENTITIES, sends_assignment=False)


def compared(link, local, remote, recorded=None, policy=REVIEW):
    return compare_ticket(
        remote, KnownTicket(link, local), recorded or RecordedState(), PEOPLE, policy
    )


@pytest.mark.parametrize(
    ("local", "remote", "policy"),
    [
        pytest.param({}, {}, REVIEW, id="as agreed"),
        pytest.param({STATUS: "in_progress"}, {STATUS: "Escalated"}, REVIEW, id="maps differently"),
        pytest.param({}, {ASSIGNED_TO: STRANGER}, REVIEW, id="no user has that name"),
        pytest.param({STATUS: "resolved"}, {STATUS: "Closed"}, TENANT, id="closed by itself"),
        pytest.param({ASSIGNED_TO: ANN}, {ASSIGNED_TO: "Queue"}, TENANT, id="a queue"),
    ],
)
def test_what_means_the_same_is_the_same(local, remote, policy):
    found = compared(a_link(local, remote), a_local(**local), a_remote(**remote), policy=policy)
    assert (found.standing, found.fields) == (Standing.SAME, ())


@pytest.mark.parametrize(
    ("local", "remote", "field"),
    [
        ({STATUS: "assigned"}, {STATUS: "Open"}, STATUS),
        ({ASSIGNED_TO: ANN}, {ASSIGNED_TO: "Ben Example"}, ASSIGNED_TO),
        ({ASSIGNED_TO: ANN}, {ASSIGNED_TO: STRANGER}, ASSIGNED_TO),
    ],
)
def test_what_was_adopted_unequal_differs_for_good(local, remote, field):
    found = compared(a_link(local, remote), a_local(**local), a_remote(**remote))
    assert found.standing is Standing.DIFFERS
    assert [(f.field, f.standing) for f in found.fields] == [(field, Standing.DIFFERS)]


def test_a_field_of_qcontacts_that_was_overwritten_here_differs():
    found = compared(a_link(), a_local(title="Mine"), a_remote())
    assert [(f.field, f.local, f.remote) for f in found.fields] == [("title", "Mine", "No signal")]
    assert found.standing is Standing.DIFFERS


def test_a_user_is_shown_by_the_full_name():
    link = a_link({ASSIGNED_TO: ANN}, {ASSIGNED_TO: "Ben Example"})
    (field,) = compared(link, a_local(assigned_to=ANN), a_remote(assigned_to="Ben Example")).fields
    assert (field.local, field.remote) == ("Ann Example", "Ben Example")


@pytest.mark.parametrize(
    ("local", "remote", "way"),
    [
        ({STATUS: "assigned"}, {}, Direction.OUTBOUND),
        ({}, {STATUS: "Assigned"}, Direction.INBOUND),
        ({}, {"title": "Edited"}, Direction.INBOUND),
    ],
)
def test_what_the_next_run_carries_over_is_pending(local, remote, way):
    found = compared(a_link(), a_local(**local), a_remote(**remote))
    assert (found.standing, found.ways) == (Standing.PENDING, (way,))


def test_a_note_to_send_is_pending():
    found = compared(a_link(), a_local(), a_remote(), RecordedState(is_pending=True))
    assert [(f.field, f.way) for f in found.fields] == [("note", Direction.OUTBOUND)]


@pytest.mark.parametrize(
    ("link", "local", "remote", "recorded", "word"),
    [
        pytest.param(
            a_link({STATUS: "closed"}, {STATUS: "Closed"}),
            {STATUS: "closed"},
            {STATUS: "Open"},
            RecordedState(),
            "open conflict",
            id="re-opened",
        ),
        pytest.param(
            a_link(frozen=(STATUS,)),
            {STATUS: "assigned"},
            {STATUS: "Solved"},
            RecordedState(),
            "open conflict",
            id="frozen",
        ),
        pytest.param(
            a_link(), {STATUS: "assigned"}, {}, RecordedState(outbound="VALIDATION_ERROR"),
            "in quarantine, outbound: VALIDATION_ERROR", id="refused",
        ),
        pytest.param(
            a_link(), {}, {STATUS: "Assigned"}, RecordedState(inbound="DATABASE_ERROR"),
            "in quarantine, inbound: DATABASE_ERROR", id="refused here",
        ),
        pytest.param(
            a_link(), {ASSIGNED_TO: NAMELESS}, {}, RecordedState(), "no full name", id="nameless",
        ),
    ],
)  # fmt: skip
def test_what_needs_a_person_or_time_waits(link, local, remote, recorded, word):
    found = compared(link, a_local(**local), a_remote(**remote), recorded)
    assert found.standing is Standing.WAITS
    assert word in found.fields[0].reason


def test_a_refused_change_that_moved_on_is_pending_again():
    recorded = RecordedState(outbound="VALIDATION_ERROR", is_pending=True)
    found = compared(a_link(), a_local(status="assigned"), a_remote(), recorded)
    assert found.standing is Standing.PENDING


@pytest.mark.parametrize(("age", "standing"), [
    (timedelta(minutes=30), Standing.PENDING), (timedelta(hours=2), Standing.DIFFERS),
])  # fmt: skip
def test_a_change_long_before_the_cursor_was_missed(age, standing):
    until = datetime(2026, 5, 1, tzinfo=UTC)
    remote = a_remote(status="Assigned", updated_at=until - age)
    found = compared(a_link(), a_local(), remote, RecordedState(settled_until=until))
    assert found.standing is standing


@pytest.mark.parametrize(
    ("here", "there", "gap"),
    [
        ("resolved", "Open", Gap.DONE_HERE),
        ("in_progress", "Closed", Gap.DONE_THERE),
        ("assigned", "Open", None),
        ("closed", "Cancelled", None),
        ("closed", "Weird", None),
    ],
)
def test_an_end_on_one_side_alone_has_a_word_of_its_own(here, there, gap):
    link = a_link({STATUS: here}, {STATUS: there})
    found = compared(link, a_local(status=here), a_remote(status=there))
    assert (found.standing, found.gap) == (Standing.DIFFERS, gap)


def test_a_re_opened_ticket_is_no_gap_but_a_conflict():
    link = a_link({STATUS: "closed"}, {STATUS: "Closed"})
    found = compared(link, a_local(status="closed"), a_remote(status="Open"))
    assert (found.standing, found.gap) == (Standing.WAITS, None)


@pytest.mark.parametrize(("status", "remote", "standing"), [
    ("open", "Open", Standing.ONLY_FIBREFLOW), ("closed", "Closed", Standing.SAME),
    ("resolved", "Open", Standing.ONLY_FIBREFLOW),
])  # fmt: skip
def test_a_ticket_that_left_the_queue_is_only_here_unless_it_is_done(status, remote, standing):
    link = a_link({STATUS: status}, {STATUS: remote})
    recorded = RecordedState(is_listed=False)
    found = compared(link, a_local(status=status), a_remote(status=remote), recorded)
    assert found.standing is standing


def test_a_row_that_was_deleted_here_is_only_in_qcontact():
    found = compare_ticket(a_remote(), KnownTicket(a_link()), RecordedState(), PEOPLE, REVIEW)
    assert found.standing is Standing.ONLY_QCONTACT
    assert "deleted" in found.reason


def test_a_new_ticket_is_only_in_qcontact():
    found = compare_ticket(a_remote(), KnownTicket(), RecordedState(), PEOPLE, REVIEW)
    assert (found.standing, found.reason) == (Standing.ONLY_QCONTACT, "not created yet")


def test_a_row_to_adopt_shows_what_will_differ_for_good():
    row = a_local(status="resolved")
    found = compare_ticket(
        a_remote(), KnownTicket(unlinked=(row,)), RecordedState(), PEOPLE, REVIEW
    )
    assert (found.standing, found.gap) == (Standing.PENDING, Gap.DONE_HERE)
    assert found.reason == "not linked yet"


def test_a_row_that_no_run_would_adopt_by_itself_differs():
    until = datetime(2026, 5, 1, tzinfo=UTC)
    known = KnownTicket(unlinked=(a_local(),))
    found = compare_ticket(a_remote(), known, RecordedState(settled_until=until), PEOPLE, REVIEW)
    assert found.standing is Standing.DIFFERS


def test_the_word_that_a_tenant_moves_on_to_means_what_the_one_before_it_meant():
    assert is_the_same(STATUS, "cancelled", "Closed", PEOPLE, TENANT)
    assert not is_the_same(STATUS, "open", "Closed", PEOPLE, TENANT)


def test_plain_values_hold_every_word():
    found = compared(replace(DONE_HERE), a_local(status="resolved"), a_remote())
    assert found.to_dict() == {
        "qcontact_ticket_id": "T-1",
        "ticket_uid": "FT100001",
        "standing": "differs",
        "gap": "done_here",
        "reason": "",
        "fields": [
            {
                "field": "status",
                "standing": "differs",
                "direction": None,
                "fibreflow": "resolved",
                "qcontact": "Open",
                "reason": "neither side changed since the sides were linked or agreed",
            }
        ],
    }


@pytest.mark.parametrize(
    ("here", "there", "differing"),
    [
        ({"status": "cancelled"}, {"status": "Closed"}, []),
        ({}, {"assigned_to": STRANGER}, []),
        ({"assigned_to": ANN}, {"assigned_to": STRANGER}, []),
        ({"status": "resolved"}, {"status": "Open", "assigned_to": STRANGER}, ["status"]),
    ],
)
def test_a_row_that_is_linked_differs_in_what_a_comparison_shows(here, there, differing):
    local = a_local(**{"status": "in_progress", "assigned_to": None, **here})
    remote = a_remote(**{"status": "In Progress", "assigned_to": None, **there})
    linked = decide(remote, KnownTicket(unlinked=(local,)), PEOPLE, TENANT)
    assert [conflict.field for conflict in linked.conflicts] == differing
