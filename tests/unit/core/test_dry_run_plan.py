"""What a dry run shows: signs, counts, field names, and never a value."""

import json

import pytest
from qcontact_sync.core.decide import decide
from qcontact_sync.core.model import ASSIGNED_TO, STATUS, KnownTicket
from qcontact_sync.core.plan import (
    MAX_LINES,
    Plan,
    PlanLine,
    PlannedFailure,
    Sign,
    moves_of,
    plan_lines,
)

from tests.unit.core.core_values import ANN, PEOPLE, REVIEW, a_link, a_local, a_remote


def planned(remote, pair):
    plan = Plan()
    plan.add_inbound(decide(remote, pair, PEOPLE, REVIEW))
    return [(line.sign.value, line.ticket_uid, set(line.fields)) for line in plan.lines]


ENDED = KnownTicket(a_link({STATUS: "closed"}, {STATUS: "Closed"}), a_local(status="closed"))


@pytest.mark.parametrize(
    ("remote", "pair", "expected"),
    [
        pytest.param(a_remote(), KnownTicket(), [("+", None, set())], id="create"),
        pytest.param(a_remote(), KnownTicket(a_link(), a_local()), [], id="skip"),
        pytest.param(
            a_remote(title="x", status="Closed"),
            KnownTicket(a_link(), a_local()),
            [("~", "FT100001", {"title", STATUS})],
            id="update",
        ),
        pytest.param(
            a_remote(status="Assigned"),
            KnownTicket(a_link(), a_local(status="assigned")),
            [],
            id="only-the-link-moves",
        ),
        pytest.param(a_remote(status="Open"), ENDED, [("!", "FT100001", {STATUS})], id="needs-you"),
        pytest.param(
            a_remote(status="Open", title="x"),
            ENDED,
            [("~", "FT100001", {"title"}), ("!", "FT100001", {STATUS})],
            id="update-that-needs-you-too",
        ),
        pytest.param(
            a_remote(), KnownTicket(unlinked=(a_local(),)), [], id="adoption-without-a-difference"
        ),
        pytest.param(
            a_remote(),
            KnownTicket(unlinked=(a_local(title="x"),)),
            [("~", "FT100001", {"title"})],
            id="adoption-that-writes",
        ),
        pytest.param(
            a_remote(),
            KnownTicket(unlinked=(a_local(status="closed", assigned_to=ANN),)),
            [("!", "FT100001", {STATUS, ASSIGNED_TO})],
            id="adoption-of-a-row-that-differs",
        ),
        pytest.param(
            a_remote(status="Closed"),
            KnownTicket(a_link(), a_local(status="assigned")),
            [("~", "FT100001", {STATUS})],
            id="settled-conflict",
        ),
    ],
)
def test_inbound_decision_is_planned(remote, pair, expected):
    assert planned(remote, pair) == expected


def test_every_line_names_the_ticket():
    plan = Plan()
    for remote, pair in (
        (a_remote(), KnownTicket()),
        (a_remote(title="x"), KnownTicket(a_link(), a_local())),
        (a_remote(status="Open"), ENDED),
    ):
        plan.add_inbound(decide(remote, pair, PEOPLE, REVIEW))
    assert [line.remote_id for line in plan.lines] == [a_remote().id] * 3


def test_counts_go_on_where_the_lines_end():
    plan = Plan()
    for number in range(MAX_LINES + 5):
        plan.add(PlanLine(Sign.SEND, f"T-{number}", None, (STATUS,)))
    assert plan.counts[Sign.SEND] == MAX_LINES + 5
    assert len(plan.lines) == MAX_LINES


def test_summary_tells_all_four_signs():
    plan = Plan()
    for sign, times in zip(Sign, (12, 3, 5, 1), strict=True):
        for number in range(times):
            plan.add(PlanLine(sign, f"T-{number}", None, ()))
    assert plan.summary() == "+ 12 create, ~ 3 update, > 5 send, ! 1 open conflict"


def test_empty_plan_has_a_summary_too():
    assert Plan().summary() == "+ 0 create, ~ 0 update, > 0 send, ! 0 open conflicts"


def test_plans_do_not_share_their_counts():
    Plan().add(PlanLine(Sign.SEND, "T-1", None, ()))
    assert Plan().counts[Sign.SEND] == 0


def test_plan_is_plain_values_and_holds_none_of_a_tickets():
    plan = Plan()
    plan.add_inbound(
        decide(a_remote(title="Secret text"), KnownTicket(a_link(), a_local()), PEOPLE, REVIEW)
    )
    plain = plan.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert "Secret" not in json.dumps(plain)
    assert plain["lines"] == [
        {"sign": "~", "qcontact_ticket_id": "T-1", "ticket_uid": "FT100001", "fields": ["title"]}
    ]
    assert {"create": 0, "update": 1, "send": 0, "needs_you": 0}.items() <= plain.items()


def test_a_ticket_that_is_met_twice_is_planned_once():
    """As a real run finds it settled then: read by id and listed, or listed twice."""
    plan = Plan()
    for _ in range(2):
        plan.add(PlanLine(Sign.UPDATE, "T-1", "FT1", (STATUS,)))
        plan.add(PlanLine(Sign.NEEDS_YOU, "T-1", "FT1", (STATUS,)))
        plan.add_failure(PlannedFailure("T-2", "NOT_FOUND", "no such ticket"))
    assert plan.summary() == "+ 0 create, ~ 1 update, > 0 send, ! 1 open conflict, 1 would fail"
    assert (len(plan.lines), len(plan.failures)) == (2, 1)


@pytest.mark.parametrize("hidden", [1, 5])
def test_failures_are_named_while_there_is_room_and_all_counted(hidden):
    plan = Plan()
    for number in range(MAX_LINES + hidden):
        plan.add_failure(PlannedFailure(f"T-{number}", "NOT_FOUND", "no such ticket"))
    assert (plan.would_fail, len(plan.failures)) == (MAX_LINES + hidden, MAX_LINES)
    assert list(plan_lines(plan.to_dict()))[-1] == f"and {hidden} more"


def test_words_of_the_mapping_are_told_with_their_sums():
    """A status, a priority and a type; of every other field only the name."""
    plan = Plan()
    for number in range(3):
        moves = moves_of({"status": "open", "title": "old"}, {"status": "closed", "title": "new"})
        plan.add(PlanLine(Sign.SEND, f"T-{number}", None, (STATUS, "title"), moves))
    plan.add(PlanLine(Sign.SEND, "T-9", None, (STATUS,), moves_of({}, {"status": "open"})))
    assert list(plan_lines(plan.to_dict()))[1:] == [
        "> status: open -> closed: 3 tickets",
        "> status: none -> open: 1 ticket",
        "> T-0  status: open -> closed, title",
        "> T-1  status: open -> closed, title",
        "> T-2  status: open -> closed, title",
        "> T-9  status: none -> open",
    ]
    assert "new" not in json.dumps(plan.to_dict())


def test_a_plan_is_told_line_by_line():
    plan = Plan(notices=["mind the gap"])
    plan.add(PlanLine(Sign.CREATE, "T-1", None, ()))
    plan.add(PlanLine(Sign.SEND, "T-2", "FT2", (STATUS, "note")))
    plan.add_failure(PlannedFailure("T-3\x1b[2J", "VALIDATION_ERROR", "title is missing"))
    assert list(plan_lines(plan.to_dict())) == [
        "+ 1 create, ~ 0 update, > 1 send, ! 0 open conflicts, 1 would fail",
        "mind the gap",
        "+ T-1",
        "> T-2  FT2  status, note",
        "would fail:",
        "T-3?[2J  VALIDATION_ERROR: title is missing",
    ]


@pytest.mark.parametrize(
    ("here", "there", "kind"),
    [
        ("in_progress", "In Progress", "agree"),
        ("resolved", "Open", "done_here"),
        ("open", "Closed", "done_there"),
        ("in_progress", "Assigned", "differ"),
        ("closed", "Weird", "differ"),
    ],
)
def test_what_is_linked_for_the_first_time_is_counted_by_kind(here, there, kind):
    plan = Plan()
    rows = KnownTicket(unlinked=(a_local(status=here), a_local(status=here)))
    for _ in range(2):
        plan.add_inbound(decide(a_remote(status=there), rows, PEOPLE, REVIEW))
    others = dict.fromkeys(("agree", "differ", "done_here", "done_there"), 0)
    written = {"replaced": {}, "emptied": {}}
    assert plan.to_dict()["adoption"] == {**others, kind: 1, "duplicates": 1, **written}
    lines = list(plan_lines(plan.to_dict()))
    assert lines[1] == "linked for the first time: 1 ticket"
    assert "  further rows with the same QContact id, left unlinked: 1" in lines


def test_what_a_link_replaces_or_removes_is_counted_by_field():
    plan = Plan()
    held = a_local(status="resolved", title="ours", address="12 Main Road")
    seen = a_remote(status="Open", title="theirs", address=None)
    for _ in range(2):
        plan.add_inbound(decide(seen, KnownTicket(unlinked=(held,)), PEOPLE, REVIEW))
    shown = list(plan_lines(plan.to_dict()))
    assert shown[0].endswith("! 0 open conflicts, 1 differ and stay as they are")
    assert "  rows in which QContact's value replaces FibreFlow's: title 1" in shown
    removed = "  rows in which FibreFlow's value is removed, as QContact has none: address 1"
    assert removed in shown


def test_a_plan_without_adoptions_says_nothing_of_them():
    assert not any("first time" in line for line in plan_lines(Plan().to_dict()))
