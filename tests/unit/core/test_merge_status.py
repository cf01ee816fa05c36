"""What becomes of a status, from its base and what both sides hold now."""

import itertools

import pytest
from qcontact_sync.core.built_in import ENTITIES
from qcontact_sync.core.merge import Action, FieldBase, Policy, merge_status

from tests.unit.core.contract_tables import ENTITIES_STATUS, LOCAL_STATUS, RANKS, TICKETS_STATUS
from tests.unit.core.core_values import FOLLOW, REVIEW

KEEP, AGREE, TAKE, SEND, FREEZE = Action


def verdict(base, local, remote, policy=REVIEW):
    decision = merge_status(FieldBase(*base), local, remote, policy)
    return decision.action, decision.local, decision.remote, decision.loser


@pytest.mark.parametrize(
    ("base", "local", "remote", "expected"),
    [
        pytest.param(("open", "Open"), "open", "Open", (KEEP, "open", "Open", None), id="neither"),
        pytest.param(
            ("in_progress", "Escalated"),
            "in_progress",
            "Escalated",
            (KEEP, "in_progress", "Escalated", None),
            id="neither-though-it-maps-differently",
        ),
        pytest.param(
            ("closed", "Open"),
            "closed",
            "Open",
            (KEEP, "closed", "Open", None),
            id="neither-though-they-differed-when-linked",
        ),
        pytest.param(
            ("open", "In Progress"),
            "open",
            "in_progress",
            (KEEP, "open", "in_progress", None),
            id="only-the-spelling",
        ),
        pytest.param((None, None), None, None, (KEEP, None, None, None), id="neither-has-any"),
        pytest.param(
            ("open", "Open"), "assigned", "Open", (SEND, "assigned", "assigned", None), id="local"
        ),
        pytest.param(
            ("open", "Open"),
            "pending_qa",
            "Open",
            (SEND, "pending_qa", "in_review", None),
            id="local-to-a-word-that-qcontact-lacks",
        ),
        pytest.param(
            ("closed", "Closed"),
            "in_progress",
            "Closed",
            (SEND, "in_progress", "in_progress", None),
            id="local-re-opening-goes-out",
        ),
        pytest.param(
            ("in_progress", "Escalated"),
            "qa_rejected",
            "Escalated",
            (SEND, "qa_rejected", "in_progress", None),
            id="local-away-from-a-value-that-maps-differently",
        ),
        pytest.param(
            ("qa_rejected", "in_progress"),
            "in_progress",
            "in_progress",
            (AGREE, "in_progress", "in_progress", None),
            id="local-to-what-the-remote-holds-already",
        ),
        pytest.param(
            ("pending_qa", "in_review"),
            "qa_in_progress",
            "in_review",
            (AGREE, "qa_in_progress", "in_review", None),
            id="local-between-two-that-are-one-word-there",
        ),
        pytest.param(
            ("resolved", "solved"),
            "handed_to_ops",
            "solved",
            (AGREE, "handed_to_ops", "solved", None),
            id="local-from-an-end-to-one-that-is-the-same-word-there",
        ),
        pytest.param(
            ("open", "Weird"),
            "assigned",
            "Weird",
            (SEND, "assigned", "assigned", None),
            id="local-over-an-unknown-word",
        ),
        pytest.param(
            ("open", "Open"),
            "open",
            "In Review",
            (TAKE, "pending_qa", "In Review", None),
            id="remote",
        ),
        pytest.param(
            ("in_progress", "in_progress"),
            "in_progress",
            "Open",
            (TAKE, "open", "Open", None),
            id="remote-backwards",
        ),
        pytest.param(
            ("resolved", "Solved"),
            "resolved",
            "Closed",
            (TAKE, "closed", "Closed", None),
            id="remote-from-end-to-end",
        ),
        pytest.param(
            ("closed", "Closed"),
            "closed",
            "Resolved",
            (TAKE, "resolved", "Resolved", None),
            id="remote-from-end-back-to-a-lesser-end",
        ),
        pytest.param(
            ("handed_to_ops", "solved"),
            "handed_to_ops",
            "In Progress",
            (TAKE, "in_progress", "In Progress", None),
            id="remote-from-what-is-no-end-here",
        ),
        pytest.param(
            ("in_progress", "In Progress"),
            "in_progress",
            "Escalated",
            (AGREE, "in_progress", "Escalated", None),
            id="remote-to-a-word-that-means-the-same",
        ),
        pytest.param(
            ("open", "Open"), "open", "Weird", (AGREE, "open", "Weird", None), id="remote-unknown"
        ),
        pytest.param(
            ("open", "Open"), "open", None, (AGREE, "open", None, None), id="remote-to-null"
        ),
        pytest.param(
            ("closed", "Closed"),
            "closed",
            "Weird",
            (AGREE, "closed", "Weird", None),
            id="remote-unknown-while-ended",
        ),
        pytest.param(
            ("open", "Weird"),
            "open",
            "Assigned",
            (TAKE, "assigned", "Assigned", None),
            id="remote-from-unknown-to-known",
        ),
        pytest.param(
            ("open", None),
            "open",
            "Assigned",
            (TAKE, "assigned", "Assigned", None),
            id="remote-seen-for-the-first-time",
        ),
        pytest.param(
            ("open", "Open"),
            "assigned",
            "Assigned",
            (AGREE, "assigned", "Assigned", None),
            id="both-to-the-same",
        ),
        pytest.param(
            ("open", "Open"),
            "qa_in_progress",
            "In Review",
            (AGREE, "qa_in_progress", "In Review", None),
            id="both-to-what-is-the-same-there",
        ),
        pytest.param(
            ("open", "Open"),
            "in_progress",
            "Escalated",
            (AGREE, "in_progress", "Escalated", None),
            id="both-to-what-is-the-same-here",
        ),
        pytest.param(
            ("open", "Open"),
            "assigned",
            "In Progress",
            (TAKE, "in_progress", "In Progress", "local"),
            id="both-apart-remote-further",
        ),
        pytest.param(
            ("open", "Open"),
            "qa_approved",
            "In Progress",
            (SEND, "qa_approved", "reviewed", "remote"),
            id="both-apart-local-further",
        ),
        pytest.param(
            ("open", "Open"),
            "closed",
            "Cancelled",
            (SEND, "closed", "closed", "remote"),
            id="both-apart-tie",
        ),
        pytest.param(
            ("open", "Open"),
            "resolved",
            "Closed",
            (TAKE, "closed", "Closed", "local"),
            id="both-to-different-ends",
        ),
        pytest.param(
            ("closed", "Closed"),
            "in_progress",
            "Assigned",
            (SEND, "in_progress", "in_progress", "remote"),
            id="both-re-opened-local-further",
        ),
        pytest.param(
            ("closed", "Closed"),
            "in_progress",
            "Cancelled",
            (TAKE, "cancelled", "Cancelled", "local"),
            id="re-opened-here-ended-otherwise-there",
        ),
        pytest.param(
            ("open", "Open"),
            "assigned",
            "Weird",
            (SEND, "assigned", "assigned", "remote"),
            id="both-remote-unknown",
        ),
        pytest.param(
            ("open", "Open"),
            "assigned",
            None,
            (SEND, "assigned", "assigned", "remote"),
            id="both-remote-null",
        ),
        pytest.param(
            ("open", "Open"),
            "on_hold",
            "Assigned",
            (TAKE, "assigned", "Assigned", "local"),
            id="both-local-unknown-ranks-lowest",
        ),
        pytest.param(
            ("open", "Open"),
            "open",
            "Closed",
            (TAKE, "closed", "Closed", None),
            id="remote-ended",
        ),
    ],
)
def test_status_is_merged(base, local, remote, expected):
    assert verdict(base, local, remote) == expected


@pytest.mark.parametrize(
    ("base", "local", "remote"),
    [
        pytest.param(("closed", "Closed"), "closed", "Open", id="closed"),
        pytest.param(("resolved", "Solved"), "resolved", "In Review", id="resolved"),
        pytest.param(("cancelled", "Cancelled"), "cancelled", "New", id="cancelled"),
        pytest.param(("closed", "Weird"), "closed", "Assigned", id="from-an-unknown-word"),
        pytest.param(("closed", "Open"), "closed", "Assigned", id="differed-when-linked"),
        pytest.param(("open", "Open"), "closed", "In Progress", id="ended-here-a-moment-ago"),
        pytest.param(("closed", "Closed"), "cancelled", "Open", id="moved-from-end-to-end-here"),
    ],
)
class TestReopening:
    """Before all else: ended here, and moved there to a status below the end."""

    def test_review_writes_neither_side(self, base, local, remote):
        assert verdict(base, local, remote, REVIEW) == (FREEZE, local, remote, None)

    def test_follow_takes_it(self, base, local, remote):
        action, taken, kept, _ = verdict(base, local, remote, FOLLOW)
        assert (action, taken, kept) == (TAKE, LOCAL_STATUS[remote], remote)

    def test_follow_keeps_the_local_edit_that_it_overrules(self, base, local, remote):
        loser = verdict(base, local, remote, FOLLOW)[3]
        assert loser == ("local" if local != base[0] else None)


@pytest.mark.parametrize("local", ["on_hold", None])
def test_status_without_a_word_there_goes_nowhere_and_says_so(local):
    """It still is FibreFlow's move: whoever sends it learns that it cannot be sent."""
    decision = merge_status(FieldBase("open", "Open"), local, "Open", REVIEW)
    assert (decision.action, decision.remote) == (SEND, None)
    assert decision.refusal


def test_status_without_a_word_there_may_stay_what_it_is():
    assert verdict(("on_hold", "Open"), "on_hold", "Open")[0] is KEEP


def test_unknown_word_is_warned_of_without_repeating_it():
    decision = merge_status(FieldBase("open", "Open"), "open", "Weird", REVIEW)
    assert "status" in decision.warning
    assert "Weird" not in decision.warning


@pytest.mark.parametrize("remote", LOCAL_STATUS)
@pytest.mark.parametrize("local", RANKS)
def test_both_apart_ends_with_the_more_advanced_one(local, remote):
    """The whole table, from a base that neither side holds any more."""
    action, here, _, loser = verdict(("never", "Never"), local, remote)
    there = LOCAL_STATUS[remote]
    key = remote.lower().replace(" ", "")
    if there == local or TICKETS_STATUS[local].replace("_", "") == key:
        assert action is AGREE
    elif RANKS[local] >= 7 > RANKS[there]:
        assert action is FREEZE
    elif RANKS[there] > RANKS[local]:
        assert (action, here, loser) == (TAKE, there, "local")
    else:
        assert (action, here, loser) == (SEND, local, "remote")


@pytest.mark.parametrize("local", RANKS)
def test_what_goes_out_is_the_dialects_word(local):
    tickets = verdict(("never", "Weird"), local, "Weird")
    entities = verdict(("never", "Weird"), local, "Weird", Policy(ENTITIES))
    assert tickets == (SEND, local, TICKETS_STATUS[local], None)
    assert entities == (SEND, local, ENTITIES_STATUS[local], None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (a, b)
        for a, b in itertools.permutations(ENTITIES_STATUS, 2)
        if ENTITIES_STATUS[a] == ENTITIES_STATUS[b]
    ],
)
def test_moving_between_statuses_that_are_one_word_there_sends_nothing(before, after):
    word = ENTITIES_STATUS[before]
    assert verdict((before, word), after, word, Policy(ENTITIES))[0] is AGREE


@pytest.mark.parametrize("policy", [REVIEW, FOLLOW], ids=["review", "follow"])
@pytest.mark.parametrize(
    ("base", "local", "remote"),
    [
        (("open", "Open"), "open", "Open"),
        (("open", "Open"), "assigned", "Open"),
        (("open", "Open"), "open", "Assigned"),
        (("open", "Open"), "open", "Weird"),
        (("open", "Open"), "assigned", "Assigned"),
        (("open", "Open"), "closed", "Assigned"),
    ],
)
def test_every_verdict_has_a_reason(base, local, remote, policy):
    assert merge_status(FieldBase(*base), local, remote, policy).reason
