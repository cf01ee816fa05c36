"""What the state machine found, each in its smallest form."""

from datetime import timedelta

from qcontact_sync.core.model import RemoteId, Window
from qcontact_sync.core.windows import Trigger

from tests.fakes.fake_world import FakeWorld


def linked() -> tuple[FakeWorld, RemoteId]:
    """A world in which one new ticket has come in."""
    world = FakeWorld()
    ticket = world.qcontact.add(status="New")
    world.time.pass_by(2)
    world.run()
    return world, ticket


def test_of_two_edits_with_one_stamp_the_first_does_not_come_back() -> None:
    """Stamps have whole seconds, and a list may be a little behind."""
    world, ticket = linked()
    world.qcontact.edit(ticket, status="Assigned")
    world.qcontact.edit(ticket, status="Escalated")
    world.time.pass_by(2)
    world.run()
    world.qcontact.stale[ticket] = world.qcontact.earlier[ticket][-1]
    world.run()
    assert world.fibreflow.row_of(ticket).values["status"] == "in_progress"


def test_a_ticket_that_waits_for_a_person_and_is_gone_is_not_asked_for_in_every_run() -> None:
    world, ticket = linked()
    world.fibreflow.edit(world.fibreflow.links[ticket].link.ticket_id, status="resolved")
    world.run()
    world.qcontact.edit(ticket, status="In Review")
    world.time.pass_by(2)
    world.run()
    world.qcontact.delete(ticket)
    world.run()
    recorded = len(world.fibreflow.audit)
    world.run()
    assert len(world.fibreflow.audit) == recorded


def test_an_edit_made_while_the_remote_clock_was_back_for_a_while_comes_in() -> None:
    """The run in between read only to the present that QContact showed."""
    world, ticket = linked()
    world.qcontact.clock.offset_s = -3600
    world.run()
    world.time.pass_by(2)
    world.qcontact.edit(ticket, status="Assigned")
    world.qcontact.clock.offset_s = 0
    world.run()
    assert world.fibreflow.row_of(ticket).values["status"] == "assigned"


def test_a_stale_list_is_not_believed_though_its_stamp_is_later_than_that_of_the_change() -> None:
    """QContact's clock was set back before the change; the list still shows what was before."""
    world, ticket = linked()
    world.qcontact.clock.offset_s = -7200
    world.run()
    world.fibreflow.edit(world.fibreflow.links[ticket].link.ticket_id, status="in_progress")
    world.run()
    world.qcontact.stale[ticket] = world.qcontact.earlier[ticket][-1]
    world.run()
    assert world.fibreflow.row_of(ticket).values["status"] == "in_progress"


def test_a_stale_list_is_not_believed_where_it_shows_a_stamp_of_the_future() -> None:
    """QContact's clock was set back, and no run had seen what is stamped ahead of it since."""
    world = FakeWorld()
    ticket = world.qcontact.add(title="first")
    end = world.clock.now() - timedelta(minutes=10)
    world.run(trigger=Trigger.SCHEDULED, interval=Window(end - timedelta(minutes=10), end))
    world.qcontact.clock.offset_s = -7200
    world.run()
    world.qcontact.edit(ticket, title="second")
    world.run(ticket_ids=[ticket])
    world.qcontact.stale[ticket] = world.qcontact.earlier[ticket][-1]
    world.run()
    assert world.fibreflow.row_of(ticket).values["title"] == "second"
