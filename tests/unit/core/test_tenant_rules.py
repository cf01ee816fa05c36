"""What is different in the rules for a tenant: statuses that close by themselves, no assignment."""

import pytest
from qcontact_sync.core.built_in import ENTITIES, TICKETS
from qcontact_sync.core.decide import decide
from qcontact_sync.core.decision import DecisionKind
from qcontact_sync.core.merge import Action, FieldBase, Policy, merge_assignment, merge_status
from qcontact_sync.core.model import KnownTicket

from tests.unit.core.core_values import ANN, PEOPLE, a_link, a_local, a_remote

TENANT = Policy(ENTITIES, sends_assignment=False)
REFUSED = Policy(ENTITIES, sends_assignment=False, is_final_refused=True)


def status(base, local, remote, policy=TENANT):
    return merge_status(FieldBase(*base), local, remote, policy)


@pytest.mark.parametrize("closed", ["Closed", "closed"])
def test_solved_that_closes_by_itself_is_agreed_on(closed):
    decision = status(("resolved", "Solved"), "resolved", closed)
    assert (decision.action, decision.local) == (Action.AGREE, "resolved")


def test_in_the_tickets_dialect_closing_is_a_move():
    decision = status(("resolved", "solved"), "resolved", "closed", Policy(TICKETS))
    assert (decision.action, decision.local) == (Action.TAKE, "closed")


@pytest.mark.parametrize("before", ["InProgress", "Open", "Escalated"])
def test_closing_an_unsolved_case_is_a_move_of_the_call_centres(before):
    assert status(("in_progress", before), "in_progress", "Closed").action is Action.TAKE


def test_a_local_change_against_a_closed_case_is_tried():
    decision = status(("resolved", "Solved"), "in_progress", "Closed")
    assert (decision.action, decision.remote, decision.loser) == (Action.SEND, "InProgress", None)


@pytest.mark.parametrize("remote", ["Closed", "Solved"])
def test_where_it_was_refused_only_a_closed_case_needs_a_decision(remote):
    decision = status(("resolved", "Solved"), "in_progress", remote, REFUSED)
    assert decision.action is (Action.FREEZE if remote == "Closed" else Action.SEND)


def test_what_froze_is_over_when_the_local_change_is_taken_back():
    link = a_link({"status": "resolved"}, {"status": "Solved"}, ("status",))
    known = KnownTicket(link, a_local(status="resolved"))
    decision = decide(a_remote(status="Closed"), known, PEOPLE, TENANT)
    assert decision.agreed == ("status",)
    assert decision.kind is DecisionKind.RELINK


@pytest.mark.parametrize(
    ("base", "local", "remote", "loser"),
    [
        pytest.param((None, None), ANN, None, None, id="local-moved"),
        pytest.param((None, None), ANN, "Queue 1", "remote", id="both-moved"),
    ],
)
def test_a_local_assignment_is_kept_and_not_sent(base, local, remote, loser):
    decision = merge_assignment(FieldBase(*base), local, remote, PEOPLE, TENANT)
    assert (decision.action, decision.local, decision.loser) == (Action.AGREE, local, loser)
