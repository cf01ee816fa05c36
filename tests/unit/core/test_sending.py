"""What goes out, whether it arrived, and what the two sides then agreed on."""

from hashlib import md5

import pytest
from qcontact_sync.core.decide import decide
from qcontact_sync.core.decision import DecisionKind
from qcontact_sync.core.fingerprint import fingerprint
from qcontact_sync.core.model import ASSIGNED_TO, STATUS, KnownTicket, SyncType
from qcontact_sync.core.outbound import (
    Sending,
    agreed_on,
    arrived,
    kinds_of,
    links_enough_for,
    outbound_limit,
    sending_of,
    version_with,
)

from tests.unit.core.core_values import (
    ANN,
    BEN,
    GONE,
    NAMELESS,
    PEOPLE,
    REVIEW,
    STRANGER,
    a_link,
    a_local,
    a_remote,
    answered,
    without,
)


def decided(remote, local, link=None):
    return decide(remote, KnownTicket(link or a_link(), local), PEOPLE, REVIEW)


def sending(remote, local, link=None):
    return sending_of(decided(remote, local, link))


def test_only_what_moved_here_goes_out():
    found = sending(a_remote(title="New"), a_local(status="pending_qa"))
    assert found
    assert found.local == {STATUS: "pending_qa"}
    assert found.remote == {STATUS: "in_review"}
    assert found.overruled == ()


def test_both_fields_go_out_together():
    found = sending(a_remote(), a_local(status="assigned", assigned_to=ANN))
    assert found.remote == {STATUS: "assigned", ASSIGNED_TO: "Ann Example"}


def test_a_cleared_assignment_goes_out_as_null():
    link = a_link({ASSIGNED_TO: ANN}, {ASSIGNED_TO: "Ann Example"})
    found = sending(a_remote(assigned_to="Ann Example"), a_local(), link)
    assert found.remote == {ASSIGNED_TO: None}
    assert found


def test_nothing_goes_out_where_nothing_moved_here():
    found = sending(a_remote(status="Closed", title="New"), a_local(title="Mine"))
    assert not found
    assert kinds_of(found) == ()


def test_nothing_of_a_new_or_adopted_ticket_goes_out():
    for pair in (KnownTicket(), KnownTicket(unlinked=(a_local(status="closed", assigned_to=ANN),))):
        assert not sending_of(decide(a_remote(), pair, PEOPLE, REVIEW))


def test_edit_of_qcontact_that_ours_wins_against_is_kept():
    (lost,) = sending(a_remote(status="Assigned"), a_local(status="qa_approved")).overruled
    assert (lost.field, lost.needs_you, lost.loser) == (STATUS, False, "remote")
    assert (lost.local, lost.remote) == ("qa_approved", "Assigned")
    assert lost.reason == "both changed; QContact's status is not further on"


def test_edit_of_an_unknown_name_that_ours_wins_against_is_kept():
    (lost,) = sending(a_remote(assigned_to=STRANGER), a_local(assigned_to=BEN)).overruled
    assert (lost.field, lost.local, lost.remote) == (ASSIGNED_TO, BEN, STRANGER)


def test_a_frozen_field_stays():
    assert not sending(a_remote(), a_local(status="assigned"), a_link(frozen=(STATUS,)))


@pytest.mark.parametrize(
    ("values", "field", "sent"),
    [
        ({"status": "on_hold"}, STATUS, {}),
        ({"assigned_to": NAMELESS}, ASSIGNED_TO, {}),
        ({"assigned_to": GONE}, ASSIGNED_TO, {}),
        ({"status": "assigned", "assigned_to": NAMELESS}, ASSIGNED_TO, {STATUS: "assigned"}),
    ],
    ids=["status", "nameless", "deleted", "one-of-two"],
)
def test_a_value_without_a_counterpart_is_refused_and_the_other_is_sent(values, field, sent):
    """Never a null in place of the name that is missing."""
    found = sending(a_remote(), a_local(**values))
    assert found.remote == sent
    assert list(found.refusals) == [field]
    assert "FibreFlow" in found.refusals[field]


@pytest.mark.parametrize(
    ("kinds", "sent"),
    [
        (None, {STATUS, ASSIGNED_TO}),
        ((SyncType.STATUS_UPDATE,), {STATUS}),
        ((SyncType.ASSIGNMENT,), {ASSIGNED_TO}),
        ((), set()),
    ],
)
def test_only_the_wanted_kinds_of_write_are_sent(kinds, sent):
    local = a_local(status="assigned", assigned_to=ANN)
    decision = decide(a_remote(), KnownTicket(a_link(), local), PEOPLE, REVIEW)
    assert set(sending_of(decision, kinds).remote) == sent


@pytest.mark.parametrize(
    ("local", "kinds"),
    [
        ({"status": "assigned"}, (SyncType.STATUS_UPDATE,)),
        ({"assigned_to": ANN}, (SyncType.ASSIGNMENT,)),
        (
            {"status": "assigned", "assigned_to": ANN},
            (SyncType.STATUS_UPDATE, SyncType.ASSIGNMENT),
        ),
    ],
)
def test_each_kind_sent_is_one_audit_row(local, kinds):
    assert kinds_of(sending(a_remote(), a_local(**local))) == kinds


@pytest.mark.parametrize(
    ("sent", "answer", "expected"),
    [
        pytest.param({STATUS: "in_progress"}, {"status": "in_progress"}, True, id="as-sent"),
        pytest.param({STATUS: "in_progress"}, {"status": "In Progress"}, True, id="re-cased"),
        pytest.param({STATUS: "in_progress"}, {"status": "Open"}, False, id="ignored"),
        pytest.param({STATUS: "in_progress"}, {"status": "Escalated"}, False, id="other-word"),
        pytest.param({STATUS: "in_progress"}, {"status": None}, False, id="emptied"),
        pytest.param({ASSIGNED_TO: "Ann Example"}, {"assigned_to": "Ann Example"}, True, id="name"),
        pytest.param({ASSIGNED_TO: "Ann Example"}, {"assigned_to": None}, False, id="no-name"),
        pytest.param({ASSIGNED_TO: "Ann Example"}, {"assigned_to": STRANGER}, False, id="another"),
        pytest.param(
            {ASSIGNED_TO: "Ann Example"}, {"assigned_to": "ANN EXAMPLE"}, True, id="name-re-cased"
        ),
        pytest.param(
            {ASSIGNED_TO: "Ann  Example "}, {"assigned_to": "Ann Example"}, True, id="name-trimmed"
        ),
        pytest.param(
            {ASSIGNED_TO: "Rene\u0301e"}, {"assigned_to": "Renée"}, True, id="name-composed"
        ),
        pytest.param({ASSIGNED_TO: None}, {"assigned_to": None}, True, id="cleared"),
        pytest.param({ASSIGNED_TO: None}, {"assigned_to": "Ann Example"}, False, id="not-cleared"),
        pytest.param(
            {STATUS: "closed", ASSIGNED_TO: None},
            {"status": "Closed", "assigned_to": STRANGER},
            False,
            id="one-of-two",
        ),
    ],
)
def test_it_arrived_where_the_answer_shows_it(sent, answer, expected):
    assert arrived(Sending(local={}, remote=sent), a_remote(**answer)) is expected


@pytest.mark.parametrize("sent", [{STATUS: "closed"}, {ASSIGNED_TO: "Ann"}, {ASSIGNED_TO: None}])
def test_an_answer_that_leaves_the_field_out_shows_nothing(sent):
    """Taken for a null it would let the next read undo the edit as QContact's own move."""
    assert not arrived(Sending(local={}, remote=sent), without(a_remote(), *sent))


def test_nothing_sent_has_arrived():
    assert arrived(Sending({}, {}), a_remote())


class TestAgreement:
    local = a_local(status="in_progress", assigned_to=ANN)

    def agreed(self, answer):
        return agreed_on(a_link(), sending(a_remote(), self.local), answer)

    def test_base_is_what_was_sent_here_and_what_was_answered_there(self):
        link = self.agreed(a_remote(status="In Progress", assigned_to="ANN EXAMPLE"))
        assert link.base.local == {STATUS: "in_progress", ASSIGNED_TO: ANN}
        assert link.base.remote[STATUS] == "In Progress"
        assert link.base.remote[ASSIGNED_TO] == "ANN EXAMPLE"
        assert link.fingerprint == fingerprint(link.base.remote)

    def test_server_that_normalises_is_not_taken_for_an_edit(self):
        answer = a_remote(status="In Progress", assigned_to="ANN EXAMPLE")
        after = decided(answer, self.local, self.agreed(answer))
        assert after.kind is DecisionKind.SKIP
        assert not after.sends

    def test_what_else_the_answer_shows_comes_in_as_qcontacts_own(self):
        answer = a_remote(status="in_progress", assigned_to="Ann Example", title="Edited meanwhile")
        link = self.agreed(answer)
        assert link.base.remote["title"] != "Edited meanwhile"
        assert decided(answer, self.local, link).writes == {"title": "Edited meanwhile"}

    def test_edit_of_a_field_that_was_not_sent_comes_in(self):
        only_status = a_local(status="in_progress")
        found = sending(a_remote(), only_status)
        answer = a_remote(status="in_progress", assigned_to="Ben Example")
        after = decided(answer, only_status, agreed_on(a_link(), found, answer))
        assert after.writes == {ASSIGNED_TO: BEN}

    def test_local_edit_made_while_it_was_sent_goes_out_next(self):
        found = sending(a_remote(), self.local)
        answer = answered(found, a_remote())
        later = a_local(status="pending_qa", assigned_to=ANN)
        after = decided(answer, later, agreed_on(a_link(), found, answer))
        assert after.sends == {STATUS: "in_review"}

    def test_frozen_fields_and_identity_stay(self):
        before = a_link(frozen=(ASSIGNED_TO,))
        found = sending(a_remote(), a_local(status="assigned"), before)
        link = agreed_on(before, found, answered(found, a_remote()))
        assert link.frozen == {ASSIGNED_TO}
        assert (link.remote_id, link.ticket_id) == (before.remote_id, before.ticket_id)


def test_a_refusal_is_remembered_by_the_pair_and_the_notes_that_wait_in_any_order():
    """PostgreSQL reckons the same: md5 of 'a,b' in ``list_pending.sql``."""
    assert version_with("v", []) == "v"
    assert version_with("v", ["b", "a"]) == "v/" + md5(b"a,b").hexdigest()


# --- how much goes out without a confirmation


@pytest.mark.parametrize(
    ("links", "most"),
    [(0, 100), (200, 100), (300, 150), (900, 450), (1_000, 500), (2_500, 500), (10_000, 2_000)],
)
def test_half_of_a_small_installation_and_a_fifth_of_a_large_one_go_out_unasked(links, most):
    assert outbound_limit(links, None) == most


@pytest.mark.parametrize("pending", [0, 1, 99, 100, 101, 499, 500, 501, 12_345])
def test_links_that_are_not_counted_any_more_hold_nothing_back(pending: int):
    enough = links_enough_for(pending)
    assert all(pending <= outbound_limit(links, None) for links in (enough, enough + 1, 10**9))


def test_a_limit_that_is_given_counts_at_any_size():
    assert (outbound_limit(10, 3), outbound_limit(100_000, 0)) == (3, 0)
