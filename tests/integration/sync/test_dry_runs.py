"""A dry run tells what a real one does then, and writes nothing."""

import logging
from collections.abc import Iterator

import pytest

from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


def plan_of(world, direction, **params):
    before = world.snapshot(), world.sent()
    plan = world.run(dry_run=True, **params).sync_result["plan"][direction]
    assert (world.snapshot(), world.sent()) == before
    return plan


def signs(plan):
    return [(line["sign"], line["qcontact_ticket_id"], line["fields"]) for line in plan["lines"]]


def test_inbound_failure_is_planned(world: World):
    good, bad = world.add_ticket(), world.add_ticket()
    world.edit(bad, title=None)
    plan = plan_of(world, "inbound")
    assert signs(plan) == [("+", good, [])]
    (failure,) = plan["failures"]
    assert (failure["qcontact_ticket_id"], failure["error_code"]) == (bad, "VALIDATION_ERROR")
    assert plan["would_fail"] == 1
    stats = world.run().sync_result["inbound_stats"]
    assert (stats["created"], stats["failed"]) == (1, 1)


def test_requested_ticket_that_qcontact_does_not_have_is_planned_as_failure(world: World):
    plan = plan_of(world, "inbound", ticket_ids=["404404"])
    assert [f["error_code"] for f in plan["failures"]] == ["NOT_FOUND"]


def test_outbound_failure_is_planned(world: World):
    good, bad = world.add_ticket(), world.add_ticket()
    world.run()
    world.set_local(good, status="assigned")
    world.set_local(bad, assigned_to=world.add_user(None))
    plan = plan_of(world, "outbound")
    assert signs(plan) == [(">", good, ["status"])]
    assert [f["qcontact_ticket_id"] for f in plan["failures"]] == [bad]
    stats = world.run().sync_result["outbound_stats"]
    assert (stats["updated"], stats["failed"]) == (1, 1)


def test_ticket_with_an_open_conflict_is_planned_once(world: World):
    """It is read by its id and listed as well; a real run finds it settled the second time."""
    ticket = world.add_ticket(status="Open")
    world.run()
    world.set_local(ticket, status="closed")
    world.run()
    world.edit(ticket, status="In Progress")
    world.run()
    world.edit(ticket, title="Still no light")
    assert signs(plan_of(world, "inbound")) == [("~", ticket, ["title"])]


def test_plan_has_a_notice_when_confirmation_is_needed(world: World):
    tickets = [world.add_ticket() for _ in range(2)]
    world.run()
    world.configure(max_outbound=1)
    for ticket in tickets:
        world.set_local(ticket, status="assigned")
    (notice,) = plan_of(world, "outbound")["notices"]
    assert "confirm_outbound" in notice
    assert plan_of(world, "outbound", confirm_outbound=True)["notices"] == []
    assert world.run().error_code == "NEEDS_CONFIRMATION"


class Heard(logging.Handler):
    """On the logger itself: where Airflow was imported before, the root has other handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@pytest.fixture
def heard() -> Iterator[Heard]:
    logger, handler = logging.getLogger("qcontact_sync.sync.lifecycle"), Heard()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_plan_is_logged(world: World, heard: Heard):
    good, bad = world.add_ticket(), world.add_ticket()
    world.edit(bad, title=None)
    plan_of(world, "inbound", sync_direction="inbound")
    assert [line for line in heard.messages if line.startswith("inbound.plan")] == [
        "inbound.plan + 1 create, ~ 0 update, > 0 send, ! 0 open conflicts, 1 would fail",
        f"inbound.plan + {good}",
        "inbound.plan would fail:",
        f"inbound.plan {bad}  VALIDATION_ERROR: title is missing or no text",
    ]
