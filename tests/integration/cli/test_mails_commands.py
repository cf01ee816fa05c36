"""An incident is settled with nothing but the commands that its mail names."""

import asyncio
import re
from collections.abc import Callable

import pytest
from qcontact_sync.services.alerting import check_alerts

from tests.integration.cli.command_line import CommandLine
from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

_COMMAND = re.compile(r"qcontact-sync[^,;(\n]*[^,;( \n]")


class Reader:
    """Who has the mail and a shell."""

    def __init__(self, world: World, **settings: str) -> None:
        self.world = world
        self.program = CommandLine(
            {
                "DATABASE_URL": world.database,
                "QCONTACT_API_URL": world.sandbox.url,
                "QCONTACT_API_KEY": world.sandbox.api_key,
                **settings,
            }
        )

    def commands(self, subject: str) -> list[str]:
        """What the newest mail says to call."""
        check = check_alerts(self.world.fibreflow_access, self.world.settings, None)
        assert asyncio.run(check)
        mail = self.world.rows("SELECT * FROM qcontact_mail ORDER BY created_at DESC LIMIT 1")[0]
        assert subject in mail["subject"]
        return _COMMAND.findall(mail["text_body"])

    def call(self, command: str, ticket: str = "") -> None:
        self.world.pass_time(400)
        words = command.replace("ID", ticket).split()[1:]
        ended = self.program(*words)
        assert ended.exit_status == 0, ended.stdout + ended.stderr


@pytest.fixture
def reader(world: World) -> Callable[..., Reader]:
    """A sync that is well: two tickets, both in step."""
    world.configure(alert_to=("ops@example.test",))
    world.add_ticket(title="No light")
    world.add_ticket(title="Slow in the evening")
    world.run()
    return lambda **settings: Reader(world, **settings)


def first(world: World) -> str:
    return str(world.value("SELECT min(external_id) FROM tickets"))


def test_after_an_outage_one_command_catches_up(reader, world: World) -> None:
    world.qcontact.faults.add(do="answer", status=503, times="forever")
    world.run()
    world.qcontact.faults.clear()
    person = reader()
    shown = person.program("status").stdout
    assert "what to do: nothing if it is temporary" in shown
    found = person.commands("run failed: SERVER_ERROR")
    assert found == ["qcontact-sync doctor", "qcontact-sync run"]
    for command in found:
        person.call(command)
    person.call("qcontact-sync status")


def test_a_poisoned_ticket_is_listed_and_dismissed(reader, world: World) -> None:
    poisoned = first(world)
    world.edit(poisoned, title="")
    world.edit(str(world.value("SELECT max(external_id) FROM tickets")), title="Dark since noon")
    world.run()
    world.execute(
        "UPDATE qcontact_quarantine SET first_failed_at = first_failed_at - interval '25 hours'"
    )
    person = reader()
    listing, retry, dismiss = person.commands("failing for more than a day")
    assert "retry" in retry
    for command in (listing, retry, dismiss, "qcontact-sync status"):
        person.call(command, poisoned)


@pytest.mark.parametrize("side", ["local", "remote"])
def test_a_re_opened_ticket_is_decided(reader, world: World, side: str) -> None:
    ticket = first(world)
    world.set_local(ticket, status="closed")
    world.run()
    world.edit(ticket, status="In Progress")
    world.run()
    person = reader()
    listing, resolve = person.commands("1 open conflict needs a decision")
    assert resolve.endswith("--keep local")
    person.call(listing)
    person.call(resolve.replace("local", side), ticket)
    world.run()
    person.call("qcontact-sync status")
    assert world.local(ticket)["status"] == {"local": "closed", "remote": "in_progress"}[side]


def test_a_flood_is_looked_at_and_confirmed(reader, world: World) -> None:
    world.configure(max_outbound=1)
    world.execute("UPDATE tickets SET status = 'closed'")
    world.run()
    person = reader(QCONTACT_SYNC_MAX_OUTBOUND="1")
    look, confirm = person.commands("outbound changes are held")
    assert look.endswith("--dry-run --direction outbound")
    for command in (look, confirm, "qcontact-sync status"):
        person.call(command)
    assert len(world.patches()) == 2
