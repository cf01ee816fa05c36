"""A person's word about a frozen field."""

from dataclasses import replace

import pytest
from qcontact_sync.core.decide import decide
from qcontact_sync.core.decision import DecisionKind
from qcontact_sync.core.errors import ErrorCode, TicketError
from qcontact_sync.core.model import ASSIGNED_TO, STATUS, FlipFlop, KnownTicket
from qcontact_sync.core.outbound import agreed_on, sending_of
from qcontact_sync.core.resolve import resolve

from tests.unit.core.core_values import (
    ANN,
    PEOPLE,
    REVIEW,
    STRANGER,
    a_link,
    a_local,
    a_remote,
    answered,
    stored,
    without,
)

REOPENED = a_link({STATUS: "closed"}, {STATUS: "Closed"}, frozen=(STATUS,))
CLOSED = a_local(status="closed")


def resolved(field, keep, link, local, remote):
    decision = resolve(field, keep, link, local, remote, PEOPLE, REVIEW)
    return decision, stored(decision, KnownTicket(link, local))


def test_keeping_qcontacts_side_reopens_the_ticket_here():
    remote = a_remote(status="In Progress")
    decision, pair = resolved(STATUS, "remote", REOPENED, CLOSED, remote)
    assert (decision.kind, decision.local) == (DecisionKind.UPDATE, CLOSED)
    assert decision.writes == {STATUS: "in_progress"}
    assert not decision.sends
    assert (decision.reopens, decision.closes) == (True, False)
    assert pair.link.frozen == frozenset()
    after = decide(remote, pair, PEOPLE, REVIEW)
    assert after.kind is DecisionKind.SKIP
    assert not after.sends


def test_keeping_another_end_of_qcontacts_closes_and_does_not_reopen():
    decision, _ = resolved(STATUS, "remote", REOPENED, CLOSED, a_remote(status="Cancelled"))
    assert decision.writes == {STATUS: "cancelled"}
    assert (decision.reopens, decision.closes) == (False, True)


def test_keeping_fibreflows_side_sends_it_with_the_next_run():
    remote = a_remote(status="In Progress")
    decision, pair = resolved(STATUS, "local", REOPENED, CLOSED, remote)
    assert decision.kind is DecisionKind.RELINK
    assert not decision.writes
    assert decision.base.local[STATUS] == "in_progress"
    assert pair.link.frozen == frozenset()
    sending = sending_of(decide(remote, pair, PEOPLE, REVIEW))
    assert sending.remote == {STATUS: "closed"}
    assert not sending.overruled
    answer = answered(sending, remote)
    pair = replace(pair, link=agreed_on(pair.link, sending, answer))
    assert decide(answer, pair, PEOPLE, REVIEW).kind is DecisionKind.SKIP


def test_nobody_here_is_sent_over_a_name_that_nobody_here_has():
    link = a_link({ASSIGNED_TO: ANN}, {ASSIGNED_TO: "Ann Example"}, frozen=(ASSIGNED_TO,))
    remote = a_remote(assigned_to=STRANGER)
    _, pair = resolved(ASSIGNED_TO, "local", link, a_local(), remote)
    assert sending_of(decide(remote, pair, PEOPLE, REVIEW)).remote == {ASSIGNED_TO: None}


@pytest.mark.parametrize(
    ("field", "values"), [(STATUS, {"status": "Weird"}), (ASSIGNED_TO, {"assigned_to": STRANGER})]
)
def test_what_has_no_counterpart_here_cannot_be_kept(field, values):
    link = a_link(frozen=(field,))
    with pytest.raises(TicketError) as error:
        resolved(field, "remote", link, a_local(), a_remote(**values))
    assert (error.value.field, error.value.code) == (field, ErrorCode.VALIDATION_ERROR)
    assert f"QContact's {field} has no counterpart" in str(error.value)
    assert not any(value in str(error.value) for value in values.values())


@pytest.mark.parametrize("keep", ["local", "remote"])
def test_other_fields_stay_as_they_are(keep):
    link = a_link({STATUS: "closed"}, {STATUS: "Closed"}, frozen=(STATUS, ASSIGNED_TO))
    local = a_local(status="closed", assigned_to=ANN)
    decision, pair = resolved(STATUS, keep, link, local, a_remote(status="Open"))
    assert ASSIGNED_TO not in decision.writes
    assert pair.link.frozen == {ASSIGNED_TO}


@pytest.mark.parametrize("keep", ["local", "remote"])
def test_where_the_sides_agree_already_nothing_goes_out(keep):
    local = a_local(status="in_progress")
    remote = a_remote(status="Escalated")
    _, pair = resolved(STATUS, keep, REOPENED, local, remote)
    after = decide(remote, pair, PEOPLE, REVIEW)
    assert after.kind is DecisionKind.SKIP
    assert not after.sends


def test_another_field_that_waited_and_agrees_by_now_ends_with_it():
    """Its freeze ends here, so its conflict must, or nobody could ever resolve that one."""
    link = a_link({STATUS: "closed"}, {STATUS: "Closed"}, frozen=(STATUS, ASSIGNED_TO))
    remote = a_remote(status="Open", assigned_to="Ann Example")
    local = a_local(status="closed", assigned_to=ANN)
    decision, pair = resolved(STATUS, "local", link, local, remote)
    assert pair.link.frozen == frozenset()
    assert decision.agreed == (ASSIGNED_TO,)


def test_keeping_qcontacts_assignee_neither_reopens_nor_closes_an_ended_ticket():
    link = a_link({STATUS: "closed"}, {STATUS: "Closed"}, frozen=(ASSIGNED_TO,))
    remote = a_remote(status="Closed", assigned_to="Ann Example")
    decision, _ = resolved(ASSIGNED_TO, "remote", link, CLOSED, remote)
    assert decision.writes == {ASSIGNED_TO: ANN}
    assert (decision.reopens, decision.closes) == (False, False)


def test_keeping_nobody_of_qcontacts_clears_the_assignee_here():
    link = a_link({ASSIGNED_TO: ANN}, {ASSIGNED_TO: "Ann Example"}, frozen=(ASSIGNED_TO,))
    decision, _ = resolved(ASSIGNED_TO, "remote", link, a_local(assigned_to=ANN), a_remote())
    assert decision.writes == {ASSIGNED_TO: None}


def test_a_field_that_the_answer_leaves_out_is_kept_as_it_was_agreed_there():
    remote = without(a_remote(), STATUS)
    decision, _ = resolved(STATUS, "remote", REOPENED, a_local(status="open"), remote)
    assert decision.writes == {STATUS: "closed"}
    assert decision.closes


@pytest.mark.parametrize("keep", ["local", "remote"])
def test_of_the_fields_turns_nothing_is_remembered_and_the_others_are(keep):
    turned = FlipFlop("open", "assigned", 3)
    link = replace(REOPENED, flip_flops={STATUS: turned, ASSIGNED_TO: turned})
    decision, _ = resolved(STATUS, keep, link, CLOSED, a_remote(status="In Progress"))
    assert decision.flip_flops == {ASSIGNED_TO: turned}


def test_what_else_qcontact_shows_comes_in_with_the_side_that_is_kept():
    remote = a_remote(status="In Progress", title="Edited")
    decision, _ = resolved(STATUS, "local", REOPENED, CLOSED, remote)
    assert (decision.kind, decision.writes) == (DecisionKind.UPDATE, {"title": "Edited"})


def test_our_assignee_is_sent_over_a_stranger_although_nobody_changed_it_here():
    link = a_link({ASSIGNED_TO: ANN}, {ASSIGNED_TO: "Ann Example"}, frozen=(ASSIGNED_TO,))
    remote = a_remote(assigned_to=STRANGER)
    _, pair = resolved(ASSIGNED_TO, "local", link, a_local(assigned_to=ANN), remote)
    assert sending_of(decide(remote, pair, PEOPLE, REVIEW)).remote == {ASSIGNED_TO: "Ann Example"}


def test_a_field_that_was_turned_too_often_is_not_frozen_again_at_once():
    link = replace(REOPENED, flip_flops={STATUS: FlipFlop("closed", "in_progress", 9)})
    decision, pair = resolved(STATUS, "local", link, CLOSED, a_remote(status="In Progress"))
    assert decision.frozen == ()
    assert pair.link.frozen == frozenset()
