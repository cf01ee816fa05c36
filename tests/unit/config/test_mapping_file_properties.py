"""Whatever a valid mapping file says: decisions are total, a round trip is still, and nothing is
sent back that only maps differently.
"""

import functools
import itertools
import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from qcontact_sync.config.access import Dialect
from qcontact_sync.config.mapping_file import lineage_mapping, parse_mapping
from qcontact_sync.core.decide import decide
from qcontact_sync.core.decision import DecisionKind
from qcontact_sync.core.merge import Action, Policy
from qcontact_sync.core.model import ASSIGNED_TO, STATUS, KnownTicket, LocalTicket, RemoteTicket
from qcontact_sync.core.note_rules import note_words
from qcontact_sync.core.outbound import agreed_on, arrived, sending_of
from qcontact_sync.core.rules import status_key

from tests.depth import EXAMPLES
from tests.unit.core.core_values import ANN, BEN, LOCAL_ID, PEOPLE, REMOTE_ID, answered, stored
from tests.unit.core.drawing import each_of

REMOTE = ("On Hold", "Escalated", "Parked", "Done", "In Progress", "Pending Customer", "Closed")
LOCAL = ("on_hold", "verified", "parked", "open", "in_progress", "qa_rejected", "closed")
UNKNOWN = ("Weird", None)
FATES = ["public", "internal", "keep"]
LINEAGES = ["fibreflow", "maintenance"]


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


SWITCHES = {
    "terminal_from": range(3, 9),
    "winner": ["furthest", "local", "remote"],
    "status": ["both", "both", "inbound", "off"],
    "assignment": ["both", "inbound", "off"],
    "title": ["inbound", "create"],
    "address": ["inbound", "create", "off"],
    "custom_fields": [{}, {"access": "access_notes"}],
}
STATUS_TABLES = st.tuples(
    each_of({}, dict.fromkeys(REMOTE, LOCAL)),
    each_of(dict.fromkeys(LOCAL, range(13))),
    each_of({}, dict.fromkeys(LOCAL, REMOTE)),
)
TYPES = ("civils", "optical")
TYPE_WORDS = each_of({}, dict.fromkeys(("A", "B::*", "b|c", "Maintenance"), TYPES))


def files(lineage, dialect):
    """The text of a valid mapping file over a lineage's rules."""
    below = lineage_mapping(lineage, dialect).status
    notes = each_of({}, dict.fromkeys(note_words(lineage), FATES))

    def text(switches, statuses, type_words, notes):
        inbound, ranks, outbound = statuses
        terminal_from = switches["terminal_from"]
        status = {
            "terminal_from": terminal_from,
            "on_create": "assigned",
            "winner": switches["winner"],
            "flow": switches["status"],
        }
        return toml(
            {
                "status": status,
                "status.inbound": inbound,
                "status.rank": ranks,
                "status.outbound": outbound_table(outbound, inbound, ranks, terminal_from, below),
                "assignment": {"flow": switches["assignment"]},
                "columns.title": {"flow": switches["title"]},
                "columns.address": {"flow": switches["address"]},
                "columns.ticket_type.words": type_words,
                "columns.kind": {"source": "category", "kind": "category"},
                "notes": notes,
                "custom_fields": switches["custom_fields"],
            }
        )

    return st.builds(text, each_of(SWITCHES), STATUS_TABLES, TYPE_WORDS, notes)


@functools.cache
def policies_of(lineage, dialect):
    """A valid mapping file over these rules, with settings beside it."""

    def policy(text, reopen, winner):
        mapping = parse_mapping(text, lineage, dialect)
        return Policy(mapping, reopen, winner, sends_assignment=dialect is Dialect.TICKETS)

    return st.builds(
        policy,
        files(lineage, dialect),
        st.sampled_from(["review", "follow"]),
        st.sampled_from(["local", "remote"]),
    )


policies = st.one_of(*itertools.starmap(policies_of, itertools.product(LINEAGES, Dialect)))
LOCAL_STATUSES = [*LOCAL, "never_heard_of", None]
USERS = [ANN, BEN, None]
CATEGORIES = ["a", "B::x", "b | c", "other", None]
NOTES = ["x", "y", None]
# What QContact answers; some fields are missing.
remotes = each_of(
    {"title": ["one", "two", "x" * 300]},
    {
        STATUS: [*REMOTE, *UNKNOWN],
        ASSIGNED_TO: ["Ann Example", "Ben Example", "A Stranger", None],
        "ticket_type": CATEGORIES,
        "address": NOTES,
        "access_notes": NOTES,
        "kind": CATEGORIES,
    },
).map(lambda values: RemoteTicket(REMOTE_ID, values))
# What FibreFlow holds.
rows = each_of(
    {
        STATUS: LOCAL_STATUSES,
        ASSIGNED_TO: USERS,
        "title": ["one", "ours"],
        "address": NOTES,
        "ticket_type": ["civils", "maintenance"],
    }
).map(lambda values: LocalTicket(LOCAL_ID, "FT100001", values))
origins = st.just(KnownTicket()) | rows.map(lambda row: KnownTicket(unlinked=(row,)))
edits = each_of({}, {STATUS: LOCAL_STATUSES, ASSIGNED_TO: USERS})


def known_to(remote, policy):
    """The ticket as this mapping's decoder gives it."""
    values = {n: v for n, v in remote.values.items() if n in policy.mapping.known_fields}
    return remote._replace(values=values)


def story(policy, first, origin, edited, now):
    """A ticket that was created or adopted by this mapping, and edited in FibreFlow since."""
    pair = stored(decide(known_to(first, policy), origin, PEOPLE, policy), origin)
    values = {**pair.local.values, **edited}
    pair = replace(pair, local=replace(pair.local, values=values))
    return policy, pair, known_to(now, policy)


def stories():
    """(policy, pair, what QContact has now)."""
    return st.builds(story, policies, remotes, origins, edits, remotes)


@settings(max_examples=EXAMPLES)
@given(stories(), st.booleans())
def test_a_decision_is_total_and_deciding_twice_is_still(story, force):
    policy, pair, remote = story
    first = decide(remote, pair, PEOPLE, policy, force=force)
    assert not set(first.writes) & set(first.sends)
    assert set(first.writes) <= {STATUS, ASSIGNED_TO, *policy.mapping.created_fields}
    second = decide(remote, stored(first, pair), PEOPLE, policy, force=force)
    assert second.kind is DecisionKind.SKIP
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
    assert last.kind is DecisionKind.SKIP
    assert not last.sends


@settings(max_examples=EXAMPLES)
@given(st.data(), st.sampled_from(LINEAGES), st.sampled_from(Dialect))
def test_another_mapping_moves_no_two_way_field_and_sends_nothing(data, lineage, dialect):
    """What neither side changed stays, whatever the words mean from now on."""
    before, after = (data.draw(policies_of(lineage, dialect)) for _ in range(2))
    first = known_to(data.draw(remotes), before)
    origin = data.draw(origins)
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


@given(policies)
def test_a_note_leaves_in_one_way_and_by_the_first_word_that_decides(policy):
    mapping = policy.mapping
    sent = mapping.sent_notes
    for kind in {*sent.public, *sent.internal}:
        deciding = next(word for word in kind.split(".") if word in mapping.notes)
        ways = {"public": kind in sent.public, "internal": kind in sent.internal}
        assert [way for way, is_sent in ways.items() if is_sent] == [mapping.notes[deciding]]
        assert not kind.startswith("system")
