"""Whatever a valid mapping file says: decisions are total, a round trip is still, and nothing is
sent back that only maps differently.
"""

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from qcontact_sync.config.access import Dialect
from qcontact_sync.config.mapping_file import lineage_mapping, parse_mapping
from qcontact_sync.core.decide import decide
from qcontact_sync.core.decision import Kind
from qcontact_sync.core.merge import Action, Policy
from qcontact_sync.core.model import ASSIGNED_TO, STATUS, KnownTicket, LocalTicket, RemoteTicket
from qcontact_sync.core.note_rules import note_words
from qcontact_sync.core.outbound import agreed_on, arrived, sending_of
from qcontact_sync.core.rules import status_key

from tests.depth import EXAMPLES
from tests.unit.core.core_values import ANN, BEN, LOCAL_ID, PEOPLE, REMOTE_ID, answered, stored

REMOTE = ("On Hold", "Escalated", "Parked", "Done", "In Progress", "Pending Customer", "Closed")
LOCAL = ("on_hold", "verified", "parked", "open", "in_progress", "qa_rejected", "closed")
UNKNOWN = ("Weird", None)
FATES = st.sampled_from(["public", "internal", "keep"])
LINEAGES = st.sampled_from(["fibreflow", "maintenance"])


def toml(tables):
    """A file of tables; texts of JSON are texts of TOML."""
    lines = []
    for name, table in tables.items():
        lines.append(f"[{name}]")
        lines += [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in table.items()]
    return "\n".join(lines)


def outbound_table(drawn, inbound, ranks, terminal_from, below):
    """Only words that come back, as ended where the status has ended; others are dropped."""
    known = {**below.local_by_key, **{status_key(w): local for w, local in inbound.items()}}
    ranked = {**below.ranks, **ranks}
    table = {}
    for local, word in {**below.remote_by_local, **drawn}.items():
        back = known.get(status_key(word))
        is_ended = ranked[local] >= terminal_from
        fits = back is not None and (not is_ended or ranked[back] >= terminal_from)
        if not fits:
            table[local] = False
        elif local in drawn:
            table[local] = word
    return table


@st.composite
def files(draw, lineage, dialect):
    """The text of a valid mapping file over a lineage's rules."""
    below = lineage_mapping(lineage, dialect).status
    terminal_from = draw(st.integers(3, 8))
    inbound = draw(st.dictionaries(st.sampled_from(REMOTE), st.sampled_from(LOCAL)))
    ranks = {local: draw(st.integers(0, 12)) for local in LOCAL}
    outbound = draw(st.dictionaries(st.sampled_from(LOCAL), st.sampled_from(REMOTE)))
    status = {
        "terminal_from": terminal_from,
        "on_create": "assigned",
        "winner": draw(st.sampled_from(["furthest", "local", "remote"])),
        "flow": draw(st.sampled_from(["both", "both", "inbound", "off"])),
    }
    words = st.dictionaries(
        st.sampled_from(["A", "B::*", "b|c", "Maintenance"]), st.sampled_from(["civils", "optical"])
    )
    return toml(
        {
            "status": status,
            "status.inbound": inbound,
            "status.rank": ranks,
            "status.outbound": outbound_table(outbound, inbound, ranks, terminal_from, below),
            "assignment": {"flow": draw(st.sampled_from(["both", "inbound", "off"]))},
            "columns.title": {"flow": draw(st.sampled_from(["inbound", "create"]))},
            "columns.address": {"flow": draw(st.sampled_from(["inbound", "create", "off"]))},
            "columns.ticket_type.words": draw(words),
            "columns.kind": {"source": "category", "kind": "category"},
            "notes": draw(st.dictionaries(st.sampled_from(note_words(lineage)), FATES)),
            "custom_fields": draw(st.sampled_from([{}, {"access": "access_notes"}])),
        }
    )


@st.composite
def policies(draw, lineage=None, dialect=None):
    """A valid mapping file with settings beside it."""
    lineage = lineage or draw(LINEAGES)
    dialect = dialect or draw(st.sampled_from(Dialect))
    return Policy(
        parse_mapping(draw(files(lineage, dialect)), lineage, dialect),
        draw(st.sampled_from(["review", "follow"])),
        draw(st.sampled_from(["local", "remote"])),
        sends_assignment=dialect is Dialect.TICKETS,
    )


statuses = st.sampled_from([*REMOTE, *UNKNOWN])
local_statuses = st.sampled_from([*LOCAL, "never_heard_of", None])
assignees = st.sampled_from(["Ann Example", "Ben Example", "A Stranger", None])
users = st.sampled_from([ANN, BEN, None])
categories = st.sampled_from(["a", "B::x", "b | c", "other", None])
notes = st.sampled_from(["x", "y", None])


def remotes():
    """What QContact answers; some fields are missing."""
    return st.fixed_dictionaries(
        {"title": st.sampled_from(["one", "two", "x" * 300])},
        optional={
            STATUS: statuses,
            ASSIGNED_TO: assignees,
            "ticket_type": categories,
            "address": notes,
            "access_notes": notes,
            "kind": categories,
        },
    ).map(lambda values: RemoteTicket(REMOTE_ID, values))


def known_to(remote, policy):
    """The ticket as this mapping's decoder gives it."""
    values = {n: v for n, v in remote.values.items() if n in policy.mapping.known_fields}
    return remote._replace(values=values)


def rows():
    """What FibreFlow holds."""
    return st.fixed_dictionaries(
        {
            STATUS: local_statuses,
            ASSIGNED_TO: users,
            "title": st.sampled_from(["one", "ours"]),
            "address": notes,
            "ticket_type": st.sampled_from(["civils", "maintenance"]),
        }
    ).map(lambda values: LocalTicket(LOCAL_ID, "FT100001", values))


@st.composite
def pairs(draw, policy):
    """A ticket that was created or adopted by this mapping, and edited in FibreFlow since."""
    first = known_to(draw(remotes()), policy)
    origin = draw(st.just(KnownTicket()) | rows().map(lambda row: KnownTicket(unlinked=(row,))))
    pair = stored(decide(first, origin, PEOPLE, policy), origin)
    edits = draw(st.fixed_dictionaries({}, optional={STATUS: local_statuses, ASSIGNED_TO: users}))
    return replace(pair, local=replace(pair.local, values={**pair.local.values, **edits}))


@st.composite
def stories(draw):
    """(policy, pair, what QContact has now)."""
    policy = draw(policies())
    return policy, draw(pairs(policy)), known_to(draw(remotes()), policy)


@settings(max_examples=EXAMPLES)
@given(stories(), st.booleans())
def test_a_decision_is_total_and_deciding_twice_is_still(story, force):
    policy, pair, remote = story
    first = decide(remote, pair, PEOPLE, policy, force=force)
    assert not set(first.writes) & set(first.sends)
    assert set(first.writes) <= {STATUS, ASSIGNED_TO, *policy.mapping.created_fields}
    second = decide(remote, stored(first, pair), PEOPLE, policy, force=force)
    assert second.kind is Kind.SKIP
    assert second.sends == first.sends


@settings(max_examples=EXAMPLES)
@given(stories())
def test_a_round_trip_is_still(story):
    policy, pair, remote = story
    pair = stored(decide(remote, pair, PEOPLE, policy), pair)
    sending = sending_of(decide(remote, pair, PEOPLE, policy))
    answer = answered(sending, remote)
    assert arrived(sending, answer)
    pair = replace(pair, link=agreed_on(pair.linked, sending, answer))
    last = decide(answer, pair, PEOPLE, policy)
    assert last.kind is Kind.SKIP
    assert not last.sends


@settings(max_examples=EXAMPLES)
@given(st.data(), LINEAGES, st.sampled_from(Dialect))
def test_another_mapping_moves_no_two_way_field_and_sends_nothing(data, lineage, dialect):
    """What neither side changed stays, whatever the words mean from now on."""
    before, after = data.draw(policies(lineage, dialect)), data.draw(policies(lineage, dialect))
    first = known_to(data.draw(remotes()), before)
    row = data.draw(rows())
    origin = data.draw(st.sampled_from([KnownTicket(), KnownTicket(unlinked=(row,))]))
    pair = stored(decide(first, origin, PEOPLE, before), origin)
    decision = decide(known_to(first, after), pair, PEOPLE, after)
    assert not decision.sends
    assert not {STATUS, ASSIGNED_TO} & set(decision.writes)
    assert all(d.action is not Action.FREEZE for d in decision.fields)
    assert set(decision.base.remote) <= after.mapping.known_fields


@given(stories())
def test_a_status_that_ended_is_only_reopened_where_that_is_followed(story):
    policy, pair, remote = story
    mapping, was = policy.mapping, pair.local.values[STATUS]
    decision = decide(remote, pair, PEOPLE, policy)
    if mapping.is_terminal(was) and policy.reopen == "review" and STATUS in decision.writes:
        assert mapping.is_terminal(decision.writes[STATUS])


@given(policies())
def test_a_note_leaves_in_one_way_and_by_the_first_word_that_decides(policy):
    mapping = policy.mapping
    sent = mapping.sent_notes
    for kind in {*sent.public, *sent.internal}:
        deciding = next(word for word in kind.split(".") if word in mapping.notes)
        ways = {"public": kind in sent.public, "internal": kind in sent.internal}
        assert [way for way, is_sent in ways.items() if is_sent] == [mapping.notes[deciding]]
        assert not kind.startswith("system")
