"""What the state machine found where QContact's list is walked, each in its smallest form."""

from qcontact_sync.core.model import RemoteId

from tests.fakes.fake_tenant import FakeTenant
from tests.fakes.fake_world import FakeWorld


def linked(**fields: str) -> tuple[FakeWorld, RemoteId]:
    """A world in which a case has come in, with others whose turn to be read comes before."""
    world = FakeWorld(FakeTenant)
    case = world.qcontact.add(status="Open", **fields)
    for number in range(5):
        world.qcontact.add(title=f"another {number}")
    world.run()
    return world, case


def status_here(world: FakeWorld, case: RemoteId) -> str | None:
    return world.fibreflow.row_of(case).values["status"]


def test_a_row_that_is_as_before_is_not_believed_after_the_case_was_read_by_its_id() -> None:
    world, case = linked()
    world.qcontact.edit(case, status="Assigned")
    world.run(ticket_ids=[case])
    world.qcontact.edit(case, status="Open")
    world.run()
    assert status_here(world, case) == "open"


def test_a_row_that_is_as_before_is_not_believed_after_a_change_was_sent() -> None:
    """The call centre takes back what FibreFlow's staff did."""
    world, case = linked()
    world.fibreflow.edit(world.fibreflow.links[case].link.ticket_id, status="in_progress")
    world.run()
    assert world.qcontact.tickets[case].values["status"] == "InProgress"
    world.qcontact.edit(case, status="Open")
    world.run()
    assert status_here(world, case) == "open"


def test_a_case_that_was_gone_and_comes_back_with_the_same_row_comes_in() -> None:
    """Asked for by its id while it was gone, it left the quarantine, and its row was believed."""
    world = FakeWorld(FakeTenant)
    case = world.qcontact.add(status="Open")
    world.qcontact.malformed.add(case)
    world.run()
    world.qcontact.malformed.clear()
    world.qcontact.delete(case)
    world.run(ticket_ids=[case])
    world.qcontact.restore(case)
    world.run()
    assert status_here(world, case) == "open"
