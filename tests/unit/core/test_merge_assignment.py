"""Who a ticket is assigned to: a user id here, a full name there."""

import pytest
from qcontact_sync.core.merge import Action, FieldBase, merge_assignment

from tests.unit.core.core_values import (
    ANN,
    BEN,
    GONE,
    NAMELESS,
    PEOPLE,
    REMOTE_WINS,
    REVIEW,
    STRANGER,
    TWIN_1,
    TWIN_2,
)

KEEP, AGREE, TAKE, SEND, _ = Action
ANN_THERE, BEN_THERE, TWIN_THERE = "Ann Example", "Ben Example", "Sam Twin"


def verdict(base, local, remote, policy=REVIEW):
    decision = merge_assignment(FieldBase(*base), local, remote, PEOPLE, policy)
    return decision.action, decision.local, decision.remote, decision.loser


@pytest.mark.parametrize("policy", [REVIEW, REMOTE_WINS], ids=["local-wins", "remote-wins"])
@pytest.mark.parametrize(
    ("base", "local", "remote", "expected"),
    [
        pytest.param((None, None), None, None, (KEEP, None, None, None), id="nobody"),
        pytest.param((ANN, ANN_THERE), ANN, ANN_THERE, (KEEP, ANN, ANN_THERE, None), id="neither"),
        pytest.param(
            (ANN, STRANGER),
            ANN,
            STRANGER,
            (KEEP, ANN, STRANGER, None),
            id="neither-though-they-differ",
        ),
        pytest.param(
            (NAMELESS, None), NAMELESS, None, (KEEP, NAMELESS, None, None), id="nameless-unmoved"
        ),
        pytest.param(
            (ANN, ANN_THERE), BEN, ANN_THERE, (SEND, BEN, BEN_THERE, None), id="local-to-a-user"
        ),
        pytest.param(
            (ANN, ANN_THERE), None, ANN_THERE, (SEND, None, None, None), id="local-to-nobody"
        ),
        pytest.param(
            (None, STRANGER), ANN, STRANGER, (SEND, ANN, ANN_THERE, None), id="local-over-stranger"
        ),
        pytest.param(
            (ANN, STRANGER), None, STRANGER, (SEND, None, None, None), id="local-clears-stranger"
        ),
        pytest.param(
            (ANN, ANN_THERE),
            TWIN_2,
            ANN_THERE,
            (SEND, TWIN_2, TWIN_THERE, None),
            id="local-to-one-of-two-with-a-name",
        ),
        pytest.param(
            (TWIN_1, TWIN_THERE),
            TWIN_2,
            TWIN_THERE,
            (AGREE, TWIN_2, TWIN_THERE, None),
            id="local-from-one-of-two-to-the-other",
        ),
        pytest.param(
            (None, ANN_THERE),
            ANN,
            ANN_THERE,
            (AGREE, ANN, ANN_THERE, None),
            id="local-to-who-is-there-already",
        ),
        pytest.param(
            (ANN, ANN_THERE), ANN, BEN_THERE, (TAKE, BEN, BEN_THERE, None), id="remote-to-a-user"
        ),
        pytest.param(
            (ANN, ANN_THERE), ANN, None, (TAKE, None, None, None), id="remote-null-clears"
        ),
        pytest.param(
            (ANN, ANN_THERE), ANN, STRANGER, (AGREE, ANN, STRANGER, None), id="remote-to-stranger"
        ),
        pytest.param(
            (ANN, ANN_THERE),
            ANN,
            TWIN_THERE,
            (AGREE, ANN, TWIN_THERE, None),
            id="remote-to-a-name-that-two-have",
        ),
        pytest.param(
            (TWIN_1, ANN_THERE),
            TWIN_1,
            TWIN_THERE,
            (AGREE, TWIN_1, TWIN_THERE, None),
            id="remote-to-the-name-of-one-of-two",
        ),
        pytest.param(
            (NAMELESS, None), NAMELESS, ANN_THERE, (TAKE, ANN, ANN_THERE, None), id="over-nameless"
        ),
        pytest.param(
            (GONE, STRANGER), GONE, BEN_THERE, (TAKE, BEN, BEN_THERE, None), id="over-deleted-user"
        ),
        pytest.param(
            (None, None), ANN, ANN_THERE, (AGREE, ANN, ANN_THERE, None), id="both-to-the-same"
        ),
        pytest.param((ANN, ANN_THERE), None, None, (AGREE, None, None, None), id="both-to-nobody"),
    ],
)
def test_assignment_is_merged_whoever_would_win(base, local, remote, expected, policy):
    assert verdict(base, local, remote, policy) == expected


@pytest.mark.parametrize(
    ("base", "local", "remote", "local_wins", "remote_wins"),
    [
        pytest.param(
            (None, None),
            ANN,
            BEN_THERE,
            (SEND, ANN, ANN_THERE, "remote"),
            (TAKE, BEN, BEN_THERE, "local"),
            id="two-people",
        ),
        pytest.param(
            (ANN, ANN_THERE),
            None,
            BEN_THERE,
            (SEND, None, None, "remote"),
            (TAKE, BEN, BEN_THERE, "local"),
            id="cleared-here",
        ),
        pytest.param(
            (ANN, ANN_THERE),
            BEN,
            None,
            (SEND, BEN, BEN_THERE, "remote"),
            (TAKE, None, None, "local"),
            id="cleared-there",
        ),
        pytest.param(
            (ANN, ANN_THERE),
            BEN,
            STRANGER,
            (SEND, BEN, BEN_THERE, "remote"),
            (AGREE, BEN, STRANGER, "local"),
            id="stranger-there",
        ),
        pytest.param(
            (ANN, ANN_THERE),
            None,
            TWIN_THERE,
            (SEND, None, None, "remote"),
            (AGREE, None, TWIN_THERE, "local"),
            id="cleared-here-two-with-that-name-there",
        ),
    ],
)
class TestBothReassigned:
    def test_fibreflow_wins_by_default(self, base, local, remote, local_wins, remote_wins):
        assert verdict(base, local, remote) == local_wins

    def test_qcontact_wins_where_the_setting_says_so(
        self, base, local, remote, local_wins, remote_wins
    ):
        """Where nobody here has that name the edit that does not go out is kept as the loser."""
        assert verdict(base, local, remote, REMOTE_WINS) == remote_wins


@pytest.mark.parametrize("user", [NAMELESS, GONE], ids=["nameless", "deleted"])
def test_user_without_a_name_goes_nowhere_and_says_so(user):
    """Never a null in place of a name: that would clear the assignment in QContact."""
    decision = merge_assignment(FieldBase(ANN, ANN_THERE), user, ANN_THERE, PEOPLE, REVIEW)
    assert decision.action is SEND
    assert decision.refusal
    assert ANN_THERE not in decision.refusal
    assert user not in decision.refusal


@pytest.mark.parametrize(
    ("base", "local", "remote"),
    [
        ((ANN, ANN_THERE), ANN, ANN_THERE),
        ((ANN, ANN_THERE), BEN, ANN_THERE),
        ((ANN, ANN_THERE), ANN, BEN_THERE),
        ((ANN, ANN_THERE), ANN, STRANGER),
        ((None, None), ANN, ANN_THERE),
        ((None, None), ANN, BEN_THERE),
    ],
)
def test_every_verdict_has_a_reason_that_names_nobody(base, local, remote):
    reason = merge_assignment(FieldBase(*base), local, remote, PEOPLE, REVIEW).reason
    assert reason
    assert "Example" not in reason
    assert "Stranger" not in reason
