"""Two automations that undo each other through us are noticed after a few flip-flops."""

from dataclasses import replace

import pytest
from qcontact_sync.core.decide import decide, flip_flop_of
from qcontact_sync.core.decision import MAX_FLIP_FLOPS
from qcontact_sync.core.model import ASSIGNED_TO, STATUS, FlipFlop, KnownTicket
from qcontact_sync.core.outbound import agreed_on, sending_of

from tests.unit.core.core_values import (
    ANN,
    PEOPLE,
    REVIEW,
    a_link,
    a_local,
    a_remote,
    answered,
    stored,
)


@pytest.mark.parametrize(
    ("values", "count"),
    [
        pytest.param("", 0, id="nothing-yet"),
        pytest.param("b", 0, id="there"),
        pytest.param("ba", 1, id="and-back"),
        pytest.param("babab", 4, id="four-times-back"),
        pytest.param("bbaa", 1, id="repeats-do-not-count"),
        pytest.param("bac", 0, id="elsewhere-begins-anew"),
        pytest.param("bacac", 2, id="between-two-others"),
        pytest.param("bcd", 0, id="onwards"),
    ],
)
def test_only_going_back_counts(values, count):
    flip_flop = FlipFlop("a", "a")
    for value in values:
        flip_flop = flip_flop.after(value)
    assert flip_flop.count == count


def undone(pair, remote):
    """QContact's automation turns it back: inbound takes it."""
    decision = decide(remote, pair, PEOPLE, REVIEW)
    return decision, stored(decision, pair)


def done(pair, remote, status):
    """FibreFlow's automation turns it on: outbound sends it."""
    pair = replace(pair, local=replace(pair.local, values={**pair.local.values, STATUS: status}))
    decision = decide(remote, pair, PEOPLE, REVIEW)
    sending = sending_of(decision)
    if not sending:
        return decision, stored(decision, pair), remote
    remote = answered(sending, remote)
    return decision, replace(pair, link=agreed_on(pair.link, sending, remote)), remote


def to_and_fro(times):
    pair, remote = KnownTicket(a_link(), a_local()), a_remote()
    decisions = []
    for _ in range(times):
        decision, pair, remote = done(pair, remote, "assigned")
        decisions.append(decision)
        remote = remote._replace(values={**remote.values, STATUS: "Open"})
        decision, pair = undone(pair, remote)
        decisions.append(decision)
    return decisions


def test_field_that_keeps_flipping_is_frozen_and_reported_once():
    decisions = to_and_fro(6)
    writes = [bool(d.writes or d.sends) for d in decisions]
    # The first write goes there; the next ones are flip-flops.
    assert writes == [True] * (1 + MAX_FLIP_FLOPS) + [False] * (len(writes) - 1 - MAX_FLIP_FLOPS)
    (conflict,) = [c for d in decisions for c in d.conflicts]
    assert conflict.needs_you
    assert (conflict.local, conflict.remote) == ("assigned", "Open")


def test_few_flip_flops_freeze_nothing():
    assert not any(d.frozen for d in to_and_fro(MAX_FLIP_FLOPS // 2))


def test_clearing_a_field_for_the_first_time_is_no_flip_flop():
    link = a_link({ASSIGNED_TO: ANN}, {ASSIGNED_TO: "Ann Example"})
    assert flip_flop_of(link, ASSIGNED_TO).after(None).count == 0
