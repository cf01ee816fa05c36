"""What must hold for any ticket, whatever both sides did to it."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.core.decide import decide
from qcontact_sync.core.decision import DecisionKind
from qcontact_sync.core.errors import TicketError
from qcontact_sync.core.mapping import is_same_person
from qcontact_sync.core.merge import Action, Policy
from qcontact_sync.core.model import (
    ASSIGNED_TO,
    STATUS,
    TWO_WAY_FIELDS,
    KnownTicket,
    LocalTicket,
    RemoteTicket,
)
from qcontact_sync.core.outbound import agreed_on, arrived, sending_of
from qcontact_sync.core.rules import status_key

from tests.unit.core.contract_tables import LOCAL_STATUS, RANKS
from tests.unit.core.core_values import (
    ANN,
    BEN,
    GONE,
    LOCAL_ID,
    NAMELESS,
    PEOPLE,
    PROJECT,
    REMOTE_ID,
    STRANGER,
    TWIN_1,
    TWIN_2,
    answered,
    stored,
)
from tests.unit.core.drawing import each_of

# Known words as often as others: most tickets have one.
KNOWN_WORDS = (*LOCAL_STATUS, "IN_PROGRESS", "in progress", "closed")
WORDS = (*KNOWN_WORDS, *["Weird", "On Hold", None] * (len(KNOWN_WORDS) // 3))
KNOWN_NAMES = ("Ann Example", "Ben Example", None)
NAMES = (*KNOWN_NAMES, "Sam Twin", STRANGER)
OWNED = {
    "title": ["a", "b", "x" * 300],
    "address": [None, "a", "b"],
    "priority": [None, "low", "Medium", "HIGH", "blazing"],
    "project_id": [None, PROJECT, PROJECT.upper(), "none"],
    "gps_coordinates": [None, "-26.0, 28", "1.5,2", "91,0", "here"],
}
COLUMNS = {
    "title": ["a", "c"],
    "address": [None, "a", "c"],
    "priority": ["low", "normal", "urgent"],
    "project_id": [None, PROJECT],
    "gps_coordinates": [None, "-26,28", "3,4"],
}
LOCAL_STATUSES = tuple(sorted(RANKS))
ODD_STATUSES = (*LOCAL_STATUSES, *["on_hold", None] * (len(LOCAL_STATUSES) // 2))
USERS = (None, ANN, BEN, TWIN_1)
ODD_USERS = (*USERS, TWIN_2, NAMELESS, GONE)
policies = st.sampled_from(
    [
        Policy(TICKETS, reopen=reopen, assignment_winner=winner)
        for reopen in ("review", "follow")
        for winner in ("local", "remote")
    ]
)


def remotes(status=WORDS, name=NAMES, *, left_out=True):
    """Answers; with ``left_out`` some fields are missing from them."""
    full = {STATUS: status, ASSIGNED_TO: name, **OWNED}
    required = {"title": full.pop("title")}
    values = each_of(required, full) if left_out else each_of({**required, **full})
    return values.map(lambda v: RemoteTicket(REMOTE_ID, v))


def rows(status=ODD_STATUSES, user=ODD_USERS):
    values = each_of({STATUS: status, ASSIGNED_TO: user, **COLUMNS})
    return values.map(lambda v: LocalTicket(LOCAL_ID, "FT100001", v))


def applied(remote, pair, policy, *, force=False):
    decision = decide(remote, pair, PEOPLE, policy, force=force)
    return decision, stored(decision, pair)


@dataclass
class Ticket:
    """A linked ticket on which both sides may have moved since they last agreed."""

    pair: KnownTicket
    remote: RemoteTicket
    policy: Policy

    def decide(self, *, force=False):
        return decide(self.remote, self.pair, PEOPLE, self.policy, force=force)

    def after(self, decision):
        return replace(self, pair=stored(decision, self.pair))

    def moved(self, field):
        """(here, there): which sides left their own half of the base."""
        base = self.pair.link.base
        here = self.pair.local.values[field] != base.local[field]
        if field not in self.remote.values:
            return here, False
        seen, was = self.remote.values[field], base.remote.get(field)
        if field == STATUS:
            return here, status_key(seen) != status_key(was)
        return here, seen != was

    def is_same(self, field):
        here = self.pair.local.values[field]
        there = self.remote.values.get(field, self.pair.link.base.remote.get(field))
        if field == STATUS:
            return self.policy.mapping.is_same_status(here, there)
        return is_same_person(here, there, PEOPLE)


def tickets(status=WORDS, name=NAMES, local_status=ODD_STATUSES, user=ODD_USERS, *, left_out=True):
    """Created or adopted, perhaps frozen, then edited on either side in any of the fields."""
    # Made once, not for each ticket.
    answers = remotes(status, name, left_out=left_out)
    origins = origins_in(rows(local_status, user))
    edits = each_of({}, {STATUS: local_status, ASSIGNED_TO: user, **COLUMNS})
    seconds = st.none() | answers
    return st.builds(linked, policies, answers, origins, seconds, edits, seconds)


def origins_in(rows):
    """Not known, or a row of this QContact ticket."""
    return st.just(KnownTicket()) | rows.map(lambda row: KnownTicket(unlinked=(row,)))


def linked(policy, first, origin, second, edits, now):
    """Without a second answer there was one run, without a present one it is still the first."""
    _, pair = applied(first, origin, policy)
    if second is not None:
        _, pair = applied(second, pair, policy)
    pair = replace(pair, local=replace(pair.local, values={**pair.local.values, **edits}))
    return Ticket(pair, now or first, policy)


def sent(ticket, decision):
    """The ticket once what the decision sends has gone out and come to rest."""
    sending = sending_of(decision)
    answer = answered(sending, ticket.remote)
    assert arrived(sending, answer)
    link = agreed_on(ticket.pair.link, sending, answer)
    return replace(ticket, pair=replace(ticket.pair, link=link), remote=answer)


@given(remotes(), origins_in(rows()), policies)
def test_a_ticket_seen_for_the_first_time_is_still_afterwards(remote, pair, policy):
    first, known = applied(remote, pair, policy)
    assert not first.sends
    for force in (False, True):
        second = decide(remote, known, PEOPLE, policy, force=force)
        assert second.kind is DecisionKind.SKIP
        assert not second.sends


@settings(max_examples=200)
@given(tickets(), st.booleans())
def test_deciding_twice_is_still(ticket, force):
    """Only what waits to be sent is still to be done, and nothing is reported again."""
    first = ticket.decide(force=force)
    second = ticket.after(first).decide(force=force)
    assert second.kind is DecisionKind.SKIP
    assert not second.writes
    assert second.sends == first.sends
    assert second.frozen == first.frozen
    assert not second.conflicts
    assert not second.agreed


@given(tickets())
def test_one_round_trip_is_still(ticket):
    """Inbound, outbound, inbound again: at the end there is nothing to write on either side."""
    ticket = ticket.after(ticket.decide())
    try:
        ticket = sent(ticket, ticket.decide())
    except TicketError:
        return
    last = ticket.decide()
    assert last.kind is DecisionKind.SKIP
    assert not last.sends


@given(
    tickets(
        KNOWN_WORDS,
        KNOWN_NAMES,
        local_status=LOCAL_STATUSES,
        user=[None, ANN, BEN],
        left_out=False,
    )
)
def test_after_a_round_trip_both_sides_are_the_same_where_either_moved(ticket):
    """But for what waits for a person, and for what differed when it was linked and never moved."""
    before = ticket
    decision = ticket.decide()
    ticket = ticket.after(decision)
    ticket = sent(ticket, ticket.decide())
    for name in TWO_WAY_FIELDS:
        if name not in decision.frozen and any(before.moved(name)):
            assert ticket.is_same(name)
    for name in OWNED:
        here, there = ticket.pair.local.values[name], ticket.remote.values[name]
        mapped = TICKETS.to_local_owned(name, there)
        if before.remote.values[name] != before.pair.link.base.remote.get(name) and mapped.fits:
            assert here == mapped.value


@given(tickets())
def test_absent_never_clears_and_never_leaves_the_base(ticket):
    decision = ticket.decide(force=True)
    assert set(decision.writes) <= set(ticket.remote.values)
    for name, half in ticket.pair.link.base.remote.items():
        if name not in ticket.remote.values:
            assert decision.base.remote[name] == half


@given(tickets())
def test_an_absent_field_is_decided_as_if_it_had_not_moved(ticket):
    link = ticket.pair.link
    unmoved = ticket.remote._replace(values={**link.base.remote, **ticket.remote.values})
    spelled_out = replace(ticket, remote=unmoved).decide()
    left_out = ticket.decide()
    assert left_out.writes == spelled_out.writes
    assert left_out.sends == spelled_out.sends
    assert left_out.base == spelled_out.base


@given(tickets(), st.booleans())
def test_no_value_is_invented(ticket, force):
    decision = ticket.decide(force=force)
    remote, local = ticket.remote.values, ticket.pair.local.values
    for name, value in decision.writes.items():
        if name == STATUS:
            assert value == TICKETS.to_local_status(remote[name])
        elif name == ASSIGNED_TO:
            assert value == PEOPLE.id_by_name.get(remote[name])
            assert (value is None) == (remote[name] is None)
        else:
            assert value == TICKETS.to_local_owned(name, remote[name]).value
    for name, value in decision.sends.items():
        if name == STATUS:
            assert value == TICKETS.to_remote_status(local[name])
        else:
            assert value == PEOPLE.name_by_id.get(local[name])
            assert (value is None) == (local[name] is None)


@given(tickets(), st.booleans())
def test_base_holds_only_halves_that_one_side_holds_or_held(ticket, force):
    decision = ticket.decide(force=force)
    before, row = ticket.pair.link.base, {**ticket.pair.local.values, **decision.writes}
    for name in TWO_WAY_FIELDS:
        assert decision.base.local[name] in (before.local[name], row[name])
    for name, half in decision.base.remote.items():
        assert half in (before.remote.get(name), ticket.remote.values.get(name))


@given(tickets(), st.booleans())
def test_nothing_goes_out_whose_local_side_did_not_move(ticket, force):
    """However differently the remote value maps: Escalated never comes back as In Progress."""
    for name in ticket.decide(force=force).sends:
        here, _ = ticket.moved(name)
        assert here


@given(tickets(), st.booleans())
def test_two_way_fields_are_written_only_where_the_remote_side_moved(ticket, force):
    for name in set(ticket.decide(force=force).writes) & set(TWO_WAY_FIELDS):
        _, there = ticket.moved(name)
        assert there


@given(tickets(), st.booleans())
def test_a_field_is_written_here_or_there_or_waits(ticket, force):
    decision = ticket.decide(force=force)
    assert not set(decision.writes) & set(decision.sends)
    assert not set(decision.frozen) & (set(decision.writes) | set(decision.sends))
    assert set(decision.sends) <= set(TWO_WAY_FIELDS)
    assert not set(decision.agreed) & set(decision.frozen)


@given(tickets())
def test_an_ended_ticket_is_never_reopened_without_follow(ticket):
    decision = ticket.decide()
    if (
        not TICKETS.is_terminal(ticket.pair.local.values[STATUS])
        or ticket.policy.reopen == "follow"
    ):
        return
    assert TICKETS.is_terminal(decision.writes.get(STATUS, "closed"))
    assert not decision.reopens


@given(tickets())
def test_closing_and_reopening_are_said_exactly_where_they_are_written(ticket):
    decision = ticket.decide()
    was = TICKETS.is_terminal(ticket.pair.local.values[STATUS])
    now = TICKETS.is_terminal(decision.writes[STATUS]) if STATUS in decision.writes else None
    assert decision.closes == (now is True)
    assert decision.reopens == (was and now is False)


@settings(max_examples=200)
@given(tickets())
def test_no_edit_disappears(ticket):
    """Each move ends on both sides, or waits, or says why it cannot go out, or is kept as lost."""
    decision = ticket.decide()
    verdicts = {d.field: d for d in decision.fields}
    lost_here = {c.field for c in decision.conflicts if c.loser == "local"}
    for name in TWO_WAY_FIELDS:
        here, there = ticket.moved(name)
        verdict = verdicts[name]
        if here and not ticket.is_same(name):
            assert verdict.action in (Action.SEND, Action.FREEZE) or name in lost_here
        if there and not ticket.is_same(name):
            assert (
                verdict.action in (Action.TAKE, Action.FREEZE)
                or verdict.is_unknown
                or verdict.loser == "remote"
            )


@given(tickets())
def test_overruled_edits_are_kept_once_ours_were_sent(ticket):
    try:
        sending = sending_of(ticket.decide())
    except TicketError:
        return
    overruled = {c.field for c in sending.overruled}
    assert overruled == {name for name in sending.remote if ticket.moved(name)[1]}


@given(tickets(), policies)
def test_a_frozen_field_stays_frozen_until_the_sides_agree_or_follow_is_set(ticket, policy):
    link = replace(ticket.pair.link, frozen=frozenset(TWO_WAY_FIELDS))
    ticket = replace(ticket, pair=replace(ticket.pair, link=link), policy=policy)
    decision = ticket.decide()
    assert not decision.sends
    assert set(decision.agreed) | set(decision.frozen) == set(TWO_WAY_FIELDS)
    for name in decision.agreed:
        is_followed = name == STATUS and policy.reopen == "follow"
        assert ticket.is_same(name) or is_followed or ticket.moved(name) == (False, False)
    if policy.reopen == "review":
        assert not set(decision.writes) & set(TWO_WAY_FIELDS)


@given(tickets(local_status=LOCAL_STATUSES, user=USERS))
def test_with_a_review_policy_two_runs_and_their_order_of_reading_make_no_difference(ticket):
    """Reading the same version again between the two directions changes nothing."""
    decision = ticket.decide()
    once = sent(ticket.after(decision), ticket.after(decision).decide())
    again = ticket.after(decision)
    again = again.after(again.decide())
    twice = sent(again, again.decide())
    assert once.pair.local == twice.pair.local
    assert once.remote == twice.remote
    assert once.pair.link.base == twice.pair.link.base


@pytest.mark.parametrize(
    "word", ["Escalated", "Pending Company Response", "Unsolved - No Response"]
)
def test_a_word_that_only_qcontact_has_is_never_overwritten_by_our_own(word):
    remote = RemoteTicket(REMOTE_ID, {"title": "a", STATUS: word, ASSIGNED_TO: STRANGER})
    policy = Policy(TICKETS)
    _, pair = applied(remote, KnownTicket(), policy)
    for _ in range(3):
        decision, pair = applied(remote, pair, policy)
        assert decision.kind is DecisionKind.SKIP
        assert not decision.sends


@given(rows(LOCAL_STATUSES, USERS), policies)
def test_answers_of_an_adopted_ticket_never_move_what_did_not_move(row, policy):
    assume(row.values[STATUS] != "open")
    remote = RemoteTicket(REMOTE_ID, {"title": "a", STATUS: "Open", ASSIGNED_TO: STRANGER})
    _, pair = applied(remote, KnownTicket(unlinked=(row,)), policy)
    decision = decide(remote, pair, PEOPLE, policy)
    assert decision.kind is DecisionKind.SKIP
    assert not decision.sends
