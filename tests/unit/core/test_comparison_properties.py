"""What must hold for a comparison and a choice, whatever both sides did to a ticket."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from qcontact_sync.core.choice import choose
from qcontact_sync.core.compare import compare_ticket
from qcontact_sync.core.comparison import RecordedState, Standing
from qcontact_sync.core.decide import decide
from qcontact_sync.core.merge import Action, is_the_same
from qcontact_sync.core.model import TWO_WAY_FIELDS, Direction, KnownTicket
from qcontact_sync.core.outbound import agreed_on, sending_of

from tests.unit.core.core_values import PEOPLE, answered
from tests.unit.core.test_sync_properties import tickets

keeps = st.sampled_from(["local", "remote"])


def compared(ticket):
    return compare_ticket(ticket.remote, ticket.pair, RecordedState(), PEOPLE, ticket.policy)


def by_field(ticket):
    return {field.field: field for field in compared(ticket).fields}


def chosen(ticket, keep, field=None):
    return choose(keep, field, ticket.remote, ticket.pair, PEOPLE, ticket.policy)


def after(ticket, choice):
    return ticket if choice.decision is None else ticket.after(choice.decision)


@given(tickets())
def test_a_comparison_says_what_the_next_run_does(ticket):
    found = by_field(ticket)
    for decision in ticket.decide().fields:
        standing = found[decision.field].standing if decision.field in found else Standing.SAME
        way = found[decision.field].way if decision.field in found else None
        if decision.action is Action.TAKE:
            assert (standing, way) == (Standing.PENDING, Direction.INBOUND)
        elif decision.action is Action.SEND and not decision.refusal:
            assert (standing, way) == (Standing.PENDING, Direction.OUTBOUND)
        elif decision.action in (Action.SEND, Action.FREEZE):
            assert standing is Standing.WAITS
        else:
            assert standing in (Standing.SAME, Standing.DIFFERS)


@settings(max_examples=300)
@given(tickets())
def test_a_ticket_is_the_same_only_where_no_value_differs_and_no_run_would_change_one(ticket):
    """Of most tickets this is told without a decision."""
    is_same = compared(ticket).standing is Standing.SAME
    here, there = ticket.pair.local.values, ticket.remote.values
    keeps_all = all(d.action in (Action.KEEP, Action.AGREE) for d in ticket.decide().fields)
    agrees = all(
        is_the_same(d.field, here.get(d.field), there.get(d.field, d.remote), PEOPLE, ticket.policy)
        for d in ticket.decide().fields
    )
    assert is_same == (keeps_all and agrees)


@given(tickets())
def test_what_is_pending_is_not_pending_after_a_run(ticket):
    ticket = ticket.after(ticket.decide())
    sending = sending_of(decide(ticket.remote, ticket.pair, PEOPLE, ticket.policy))
    answer = answered(sending, ticket.remote)
    link = agreed_on(ticket.pair.link, sending, answer)
    settled = replace(ticket, remote=answer, pair=KnownTicket(link, ticket.pair.local))
    assert compared(settled).standing is not Standing.PENDING


@settings(max_examples=300)
@given(tickets(), keeps)
def test_every_difference_is_decided_or_refused_with_a_reason(ticket, keep):
    found = by_field(ticket)
    choice = chosen(ticket, keep)
    decided = {conflict.field for conflict in choice.decided}
    refused = dict(choice.refused)
    on_its_way = {
        name for name, f in found.items() if keep == "local" and f.way is Direction.OUTBOUND
    }
    assert decided | refused.keys() | on_its_way == set(found)
    assert not decided & refused.keys()
    assert all(refused.values())


@settings(max_examples=300)
@given(tickets(), keeps)
def test_a_choice_ends_the_differences_that_it_decides(ticket, keep):
    choice = chosen(ticket, keep)
    found = by_field(after(ticket, choice))
    for conflict in choice.decided:
        if keep == "remote":
            assert conflict.field not in found
        else:
            assert found[conflict.field].way is Direction.OUTBOUND


@given(tickets())
def test_what_is_kept_here_arrives_in_qcontact_and_stays(ticket):
    choice = chosen(ticket, "local")
    ticket = after(ticket, choice)
    sending = sending_of(decide(ticket.remote, ticket.pair, PEOPLE, ticket.policy))
    answer = answered(sending, ticket.remote)
    link = agreed_on(ticket.pair.link, sending, answer)
    settled = replace(ticket, remote=answer, pair=KnownTicket(link, ticket.pair.local))
    found = by_field(settled)
    assert not any(conflict.field in found for conflict in choice.decided)


@given(tickets(), keeps)
def test_choosing_again_decides_nothing(ticket, keep):
    ticket = after(ticket, chosen(ticket, keep))
    assert chosen(ticket, keep).decided == ()


@given(tickets(), keeps, st.sampled_from([*TWO_WAY_FIELDS, "title", "address"]))
def test_a_choice_about_one_field_writes_no_other_that_a_run_would_not(ticket, keep, field):
    usual = ticket.decide().writes
    choice = chosen(ticket, keep, field)
    assert {conflict.field for conflict in choice.decided} <= {field}
    if choice.decision is not None:
        others = {k: v for k, v in choice.decision.writes.items() if k != field}
        assert others == {k: v for k, v in usual.items() if k != field}


@given(tickets())
def test_keeping_here_writes_here_only_what_qcontact_changed_elsewhere(ticket):
    choice = chosen(ticket, "local")
    if choice.decision is not None:
        decided = {conflict.field for conflict in choice.decided}
        assert decided.isdisjoint(choice.decision.writes)
