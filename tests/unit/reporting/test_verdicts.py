"""What becomes of a field, in full: the values, who loses, and the words that people read."""

from dataclasses import replace

import pytest
from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.core.decide import decide
from qcontact_sync.core.decision import MAX_FLIP_FLOPS, Conflict, DecisionKind
from qcontact_sync.core.errors import ConfigError, ErrorCode
from qcontact_sync.core.merge import (
    Action,
    FieldBase,
    FieldDecision,
    merge_assignment,
    merge_owned,
    merge_status,
)
from qcontact_sync.core.model import ASSIGNED_TO, STATUS, FlipFlop, KnownTicket, LocalTicket

from tests.unit.core.core_values import (
    ANN,
    BEN,
    FOLLOW,
    GONE,
    NAMELESS,
    PEOPLE,
    REMOTE_WINS,
    REVIEW,
    STRANGER,
    a_link,
    a_local,
    a_remote,
)

KEEP, AGREE, TAKE, SEND, FREEZE = Action
UNKNOWN = "unknown status in QContact; FibreFlow's status is kept"
NOBODY = "no single FibreFlow user has that name; the assignment is kept"
NAMELESS_USER = "the assigned FibreFlow user does not exist or has no full name"
NO_WORD = "FibreFlow's status has no counterpart in QContact"
OPEN = FieldBase("open", "Open")


def status(action, local, remote, loser=None, reason="", **more):
    return FieldDecision(STATUS, action, local, remote, loser, reason, **more)


def person(action, local, remote, loser=None, reason="", **more):
    return FieldDecision(ASSIGNED_TO, action, local, remote, loser, reason, **more)


@pytest.mark.parametrize(
    ("base", "local", "remote", "policy", "expected"),
    [
        (OPEN, "open", "Open", REVIEW, status(KEEP, "open", "Open", reason="neither side changed")),
        (
            OPEN, "assigned", "Assigned", REVIEW,
            status(AGREE, "assigned", "Assigned", reason="both mean the same"),
        ),
        (
            OPEN, "open", "Weird", REVIEW,
            status(AGREE, "open", "Weird", reason=UNKNOWN, warning=UNKNOWN, is_unknown=True),
        ),
        (
            OPEN, "open", "Assigned", REVIEW,
            status(TAKE, "assigned", "Assigned", reason="QContact changed it"),
        ),
        (
            OPEN, "assigned", "In Progress", REVIEW,
            status(
                TAKE, "in_progress", "In Progress", "local",
                "both changed; QContact's status is further on",
            ),
        ),
        (
            OPEN, "in_progress", "Assigned", REVIEW,
            status(
                SEND, "in_progress", "in_progress", "remote",
                "both changed; QContact's status is not further on",
            ),
        ),
        (
            OPEN, "assigned", "Open", REVIEW,
            status(SEND, "assigned", "assigned", reason="FibreFlow changed it"),
        ),
        (
            OPEN, "no_such_word", "Open", REVIEW,
            status(SEND, "no_such_word", None, reason="FibreFlow changed it", refusal=NO_WORD),
        ),
        (
            FieldBase("closed", "Closed"), "closed", "Open", REVIEW,
            status(
                FREEZE, "closed", "Open", reason="re-opened in QContact while ended in FibreFlow"
            ),
        ),
        (
            FieldBase("closed", "Closed"), "closed", "Open", FOLLOW,
            status(TAKE, "open", "Open", reason="re-opened in QContact"),
        ),
        (
            FieldBase("open", "Open"), "closed", "Assigned", FOLLOW,
            status(TAKE, "assigned", "Assigned", "local", "re-opened in QContact"),
        ),
    ],
)  # fmt: skip
def test_what_becomes_of_a_status(base, local, remote, policy, expected):
    assert merge_status(base, local, remote, policy) == expected


@pytest.mark.parametrize(
    ("base", "local", "remote", "policy", "expected"),
    [
        (
            FieldBase(ANN, "Ann Example"), ANN, "Ann Example", REVIEW,
            person(KEEP, ANN, "Ann Example", reason="neither side changed"),
        ),
        (
            FieldBase(None, None), ANN, "Ann Example", REVIEW,
            person(AGREE, ANN, "Ann Example", reason="the same person"),
        ),
        (
            FieldBase(None, None), None, "Ann Example", REVIEW,
            person(TAKE, ANN, "Ann Example", reason="QContact changed it"),
        ),
        (
            FieldBase(ANN, "Ann Example"), ANN, None, REVIEW,
            person(TAKE, None, None, reason="QContact changed it"),
        ),
        (
            FieldBase(None, None), BEN, "Ann Example", REMOTE_WINS,
            person(TAKE, ANN, "Ann Example", "local", "QContact changed it"),
        ),
        (
            FieldBase(None, None), None, STRANGER, REVIEW,
            person(AGREE, None, STRANGER, reason=NOBODY, is_unknown=True),
        ),
        (
            FieldBase(None, None), BEN, None, REVIEW,
            person(SEND, BEN, "Ben Example", reason="FibreFlow changed it"),
        ),
        (
            FieldBase(None, None), BEN, "Ann Example", REVIEW,
            person(SEND, BEN, "Ben Example", "remote", "both changed; FibreFlow's value is kept"),
        ),
        (
            FieldBase(ANN, "Ann Example"), None, "Ann Example", REVIEW,
            person(SEND, None, None, reason="FibreFlow changed it"),
        ),
        *(
            (
                FieldBase(None, None), user, None, REVIEW,
                person(SEND, user, None, reason="FibreFlow changed it", refusal=NAMELESS_USER),
            )
            for user in (NAMELESS, GONE)
        ),
    ],
)  # fmt: skip
def test_what_becomes_of_an_assignee(base, local, remote, policy, expected):
    assert merge_assignment(base, local, remote, PEOPLE, policy) == expected


@pytest.mark.parametrize(
    ("base", "local", "remote", "expected"),
    [
        ({"title": "A"}, "here", "A", (KEEP, "here", "A", None, "QContact did not change it")),
        ({"title": "A"}, "B", "B", (AGREE, "B", "B", None, "FibreFlow has this value")),
        ({"title": "A"}, "A", "B", (TAKE, "B", "B", None, "QContact changed it")),
        ({"title": "A"}, "here", "B", (TAKE, "B", "B", "local", "QContact changed it")),
        ({}, "A", "B", (TAKE, "B", "B", None, "QContact changed it")),
    ],
)
def test_what_becomes_of_a_field_of_qcontacts(base, local, remote, expected):
    assert merge_owned("title", base, local, remote, TICKETS) == FieldDecision("title", *expected)


def test_what_does_not_fit_is_left_with_a_warning():
    decision = merge_owned("gps_coordinates", {}, "1,2", "somewhere", TICKETS)
    warning = "gps_coordinates are not two numbers in range; not changed"
    assert decision == FieldDecision(
        "gps_coordinates", AGREE, "1,2", "somewhere", None, "does not fit into FibreFlow", warning
    )


def field_of(decision, name):
    return next(d for d in decision.fields if d.field == name)


def test_what_waits_says_what_both_sides_hold():
    pair = KnownTicket(
        a_link({STATUS: "closed"}, {STATUS: "Closed"}, (STATUS,)), a_local(status="closed")
    )
    waits = decide(a_remote(status="Open"), pair, PEOPLE, REVIEW)
    reason = "open conflict, needs a decision"
    assert field_of(waits, STATUS) == status(FREEZE, "closed", "Open", reason=reason)


def test_what_is_undone_again_and_again_says_so():
    pair = KnownTicket(a_link(), a_local(status="assigned"))
    pair.link.flip_flops[STATUS] = FlipFlop("assigned", "open", MAX_FLIP_FLOPS)
    undone = decide(a_remote(), pair, PEOPLE, REVIEW)
    reason = "both sides keep reverting each other"
    assert field_of(undone, STATUS) == status(FREEZE, "assigned", "Open", reason=reason)
    assert undone.conflicts == (Conflict(STATUS, True, "assigned", "Open", None, reason),)


def test_a_difference_at_linking_is_a_settled_conflict_that_nobody_lost():
    row = a_local(status="assigned", assigned_to=BEN)
    adopted = decide(
        a_remote(status="In Progress", assigned_to="Ann Example"),
        KnownTicket(unlinked=(row,)), PEOPLE, REVIEW,
    )  # fmt: skip
    reason = "differed when the ticket was linked"
    assert adopted.conflicts == (
        Conflict(STATUS, False, "assigned", "In Progress", None, reason),
        Conflict(ASSIGNED_TO, False, BEN, "Ann Example", None, reason),
    )


def test_a_new_ticket_with_an_unknown_status_says_so():
    created = decide(a_remote(status="Weird"), KnownTicket(), PEOPLE, REVIEW)
    assert created.warnings == ("unknown status in QContact, treated as open",)


@pytest.mark.parametrize(
    ("pair", "kind"),
    [
        (KnownTicket(), DecisionKind.CREATE),
        (KnownTicket(unlinked=(a_local(),)), DecisionKind.ADOPT),
    ],
)
def test_a_fingerprint_that_the_caller_has_is_not_reckoned_again(pair: KnownTicket, kind):
    decision = decide(a_remote(), pair, PEOPLE, REVIEW, version="given")
    assert (decision.kind, decision.fingerprint) == (kind, "given")


def test_without_a_word_nothing_is_forced():
    here = a_local(title="edited here")
    assert decide(a_remote(), KnownTicket(a_link(), here), PEOPLE, REVIEW).writes == {}


def test_where_a_field_thaws_the_others_turns_are_remembered():
    turned = FlipFlop("open", "assigned", 2)
    link = replace(a_link(frozen=(STATUS,)), flip_flops={STATUS: turned, ASSIGNED_TO: turned})
    here: LocalTicket = a_local(status="assigned")
    decision = decide(a_remote(status="Assigned"), KnownTicket(link, here), PEOPLE, REVIEW)
    assert decision.agreed == (STATUS,)
    assert decision.flip_flops == {ASSIGNED_TO: turned}


def test_a_wrong_setting_is_one_code():
    error = ConfigError("QCONTACT_SYNC_OVERLAP_S is no number")
    assert (str(error), error.code) == (
        "QCONTACT_SYNC_OVERLAP_S is no number",
        ErrorCode.CONFIG_ERROR,
    )
