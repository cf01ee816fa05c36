"""Rules that only a mapping file sets: who wins, what does not flow, who is who."""

from dataclasses import replace

import pytest
from qcontact_sync.core.built_in import ENTITIES, TICKETS
from qcontact_sync.core.columns import Flow
from qcontact_sync.core.comparison import without_text
from qcontact_sync.core.decide import decide
from qcontact_sync.core.mapping_faults import faults
from qcontact_sync.core.merge import (
    Action,
    FieldBase,
    Policy,
    merge_assignment,
    merge_owned,
    merge_status,
)
from qcontact_sync.core.model import ASSIGNED_TO, STATUS, KnownTicket, People
from qcontact_sync.core.rules import AssignmentRules, Person

from tests.unit.core.core_values import ANN, BEN, PEOPLE, a_link, a_local, a_remote, stored

FLOWS = {STATUS: Flow.BOTH, ASSIGNED_TO: Flow.BOTH}


def policy(**changes):
    return Policy(replace(TICKETS, **changes))


def winning(winner):
    return policy(status=replace(TICKETS.status, winner=winner))


def test_the_built_in_rules_have_no_fault():
    assert faults(TICKETS) == faults(ENTITIES) == ()


@pytest.mark.parametrize(
    ("winner", "local", "remote", "action", "loser"),
    [
        ("furthest", "assigned", "In Review", Action.TAKE, "local"),
        ("furthest", "pending_qa", "Assigned", Action.SEND, "remote"),
        ("local", "assigned", "In Review", Action.SEND, "remote"),
        ("remote", "pending_qa", "Assigned", Action.TAKE, "local"),
        ("remote", "pending_qa", "Weird", Action.SEND, "remote"),
    ],
)
def test_who_wins_a_status_that_both_changed(winner, local, remote, action, loser):
    decision = merge_status(FieldBase("open", "Open"), local, remote, winning(winner))
    assert (decision.action, decision.loser) == (action, loser)
    assert decision.reason.startswith("both changed")


def test_a_re_opening_waits_for_a_person_whoever_wins():
    for winner in ("furthest", "local", "remote"):
        decision = merge_status(FieldBase("open", "Open"), "closed", "Assigned", winning(winner))
        assert decision.action is Action.FREEZE


def test_a_status_that_flows_in_only_is_taken_and_never_sent():
    inbound = policy(flows={**FLOWS, STATUS: Flow.INBOUND})
    base = FieldBase("open", "Open")
    assert merge_status(base, "open", "Assigned", inbound).action is Action.TAKE
    kept = merge_status(base, "assigned", "Open", inbound)
    assert (kept.action, kept.local, kept.remote) == (Action.AGREE, "assigned", "Open")


def test_fields_that_are_off_are_agreed_as_they_are():
    off = policy(flows=dict.fromkeys(FLOWS, Flow.OFF))
    base = FieldBase("open", "Open")
    for local, remote in (("assigned", "Open"), ("open", "Closed"), ("closed", "Assigned")):
        assert merge_status(base, local, remote, off).action is Action.AGREE
    for local, remote in ((ANN, None), (None, "Ben Example"), (ANN, "Ben Example")):
        decision = merge_assignment(FieldBase(None, None), local, remote, PEOPLE, off)
        assert decision.action is Action.AGREE


@pytest.mark.parametrize("flow", [Flow.CREATE, Flow.OFF])
@pytest.mark.parametrize("force", [False, True])
def test_a_column_that_is_not_written_again_keeps_its_value(flow, force):
    columns = tuple(replace(c, flow=flow) if c.name == "address" else c for c in TICKETS.columns)
    mapping = replace(TICKETS, columns=columns)
    decision = merge_owned("address", {"address": "a"}, "ours", "b", mapping, force=force)
    assert (decision.action, decision.remote) == (Action.AGREE, "b")
    created = decide(a_remote(address="b"), KnownTicket(), PEOPLE, Policy(mapping))
    assert created.writes.get("address") == ("b" if flow is Flow.CREATE else None)
    assert ("address" in created.writes) == (flow is Flow.CREATE)


def test_a_column_that_left_the_mapping_leaves_the_base():
    link = a_link({}, {"access_notes": "gate"})
    pair = KnownTicket(link, a_local())
    remote = a_remote(**link.base.remote)
    remote = remote._replace(values={n: v for n, v in remote.values.items() if n != "access_notes"})
    decision = decide(remote, pair, PEOPLE, policy())
    assert "access_notes" not in decision.base.remote
    assert not decision.writes
    again = decide(remote, stored(decision, pair), PEOPLE, policy())
    assert again.base == decision.base


RULES = AssignmentRules(
    (Person("Ann of QContact", ANN, "55"), Person("Ben Example", BEN)),
    frozenset({"77", "Team North"}),
    "77",
    takes_ids=True,
)


def test_people_of_the_mapping_are_known_by_their_names_there():
    people = RULES.laid_over(PEOPLE)
    assert people.name_by_id[ANN] == "Ann of QContact"
    assert people.id_by_name["Ann of QContact"] == ANN
    assert "Ann Example" not in people.id_by_name
    assert AssignmentRules().laid_over(PEOPLE) is PEOPLE


def test_a_mapped_name_wins_over_a_user_of_the_same_name():
    people = AssignmentRules((Person("Ben Example", ANN),)).laid_over(PEOPLE)
    assert people.id_by_name["Ben Example"] == ANN


@pytest.mark.parametrize(
    ("user", "is_known"), [(ANN, True), (BEN, False), (None, True), ("another", False)]
)
def test_only_people_with_a_number_can_be_sent_where_qcontact_takes_numbers(user, is_known):
    assert RULES.has_counterpart(user) is is_known
    entities = Policy(replace(ENTITIES, assignment=RULES))
    decision = merge_assignment(
        FieldBase("someone", "Someone"), user, "Someone", RULES.laid_over(PEOPLE), entities
    )
    assert decision.action is (Action.SEND if is_known else Action.AGREE)
    assert not decision.refusal


def test_nobody_cannot_be_sent_without_a_queue():
    assert not replace(RULES, unassigned=None).has_counterpart(None)
    assert replace(RULES, takes_ids=False).has_counterpart(None)


def test_the_people_of_the_mapping_do_not_change_those_given():
    given = People({ANN: "Ann Example"}, {"Ann Example": ANN})
    RULES.laid_over(given)
    assert given == People({ANN: "Ann Example"}, {"Ann Example": ANN})


@pytest.mark.parametrize(
    ("field", "shown"), [("client_contact", "(6 characters)"), ("title", "082 00")]
)
def test_what_a_files_own_columns_hold_is_shown_by_its_length_alone(field, shown):
    assert without_text(field, "082 00") == shown
    assert without_text(field, None) is None
