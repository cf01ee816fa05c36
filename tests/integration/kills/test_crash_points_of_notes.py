"""Killed at any request or commit, received notes and many decisions end as if nothing happened."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.model import RemoteId
from qcontact_sync.fibreflow.lease_store import PostgresLeases
from qcontact_sync.fibreflow.store import PostgresStore
from qcontact_sync.services.wiring import SystemClock, open_remote, sync_options
from qcontact_sync.sync.choosing import Choosing
from qcontact_sync.sync.leases import hold_lease

from sandbox.switches import DialectName
from tests.copies import Copies
from tests.depth import IS_DEEP
from tests.integration.kills import crash_matrix
from tests.integration.kills.crash_points import (
    Crash,
    Gate,
    GatedDatabase,
    bury,
    dying_run,
    gated,
)
from tests.integration.kills.prepared import Prepared, Stages
from tests.integration.kills.scene import end_of, mend
from tests.integration.sync_world import NoPauses, World
from tests.sync_roles import SyncRoles

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

both = pytest.mark.parametrize("dialect", ["tickets", "entities"])


@dataclass(frozen=True)
class Play:
    """Attributes:
    before: What happens first, once for all plays.
    act: May die, and tells what was done after that.
    """

    before: Callable[[World], None]
    act: Callable[[World, Gate], str]


@dataclass
class Played:
    """A play at its end.

    Attributes:
        mended: What was done after the crash.
        sent: Every write that QContact was asked for.
    """

    steps: list[str]
    mended: str
    end: dict[str, Any]
    sent: list[tuple[str, str, str]]


@pytest.fixture
def prepared(
    copies: Copies, template_db: str, roles: SyncRoles, dialect: DialectName, play: Play
) -> Iterator[Prepared]:
    """The world in which the play begins."""
    settings = Settings(retry_budget_s=0, connections=1, inbound_notes="notes")
    stages = Stages(copies, roles, lambda owner: owner, settings)

    def prepare(world: World) -> None:
        roles.grant(world.owner, inbound_notes="notes")
        play.before(world)

    with stages.prepared(template_db, dialect, prepare) as made:
        yield made


def end_in(prepared: Prepared, play: Play, gate: Gate) -> Played:
    """The end of a play in a world of its own, and the steps of the part that may die."""
    with prepared.copy() as world:
        mended = play.act(world, gate)
        world.run()
        end = {**end_of(world), "notes": notes(world), "decided": decided(world)}
        return Played(gate.steps, mended, end, written(world))


def written(world: World) -> list[tuple[str, str, str]]:
    """What QContact was asked to write, each as often as it was."""
    return sorted((t, m, str(b)) for t, m, b in world.sent() if m in ("PATCH", "POST"))


def notes(world: World) -> list[dict[str, Any]]:
    return world.rows(
        "SELECT ticket.external_id, note_type, content FROM ticket_notes"
        " INNER JOIN tickets AS ticket ON ticket.id = ticket_id ORDER BY 1, 3"
    )


def decided(world: World) -> list[dict[str, Any]]:
    return world.rows(
        "SELECT remote_id, field, resolution, decided_by, count(*) FROM qcontact_conflict"
        " WHERE decided_by <> '' GROUP BY 1, 2, 3, 4 ORDER BY 1, 2"
    )


def before_notes_come_in(world: World) -> None:
    tickets = [world.add_ticket(status="Open", title=title) for title in ("first", "second")]
    world.run()
    world.add_note(tickets[0], "from the field")
    for ticket in tickets:
        world.qcontact.write_note(ticket, "rung twice", is_internal=False)
        world.qcontact.write_note(ticket, "line is down")
        world.edit(ticket, status="In Progress")
    world.pass_time(400)


def notes_come_in(world: World, gate: Gate) -> str:
    dying_run(world, gate)
    return mend(world)


def before_many_are_decided(world: World) -> None:
    ids = [world.add_ticket(status="Open", title=title) for title in ("first", "second")]
    for remote_id in ids:
        world.add_local(remote_id, status="resolved")
    world.run()


def many_are_decided(world: World, gate: Gate) -> str:
    ids = list(world.qcontact.tickets)
    try:
        asyncio.run(_choose(world, gate, ids))
    except Crash:
        bury(world)
    count = asyncio.run(_choose(world, Gate(), ids))
    world.run()
    return f"{count} decided" if count else "nothing"


async def _choose(world: World, gate: Gate, ids: list[str]) -> int:
    """The number of tickets that were decided."""
    database, lease_database = (GatedDatabase(world.database, gate) for _ in range(2))
    try:
        async with (
            hold_lease(
                PostgresLeases(lease_database), "default", SystemClock(), NoPauses().sleep
            ) as held,
            open_remote(world.qcontact_access, world.settings) as remote,
        ):
            choosing = Choosing(
                PostgresStore(database),
                gated(remote, gate),
                sync_options(world.settings, remote).policy,
                held.lease,
                "Thandi",
                "local",
            )
            chosen = [one async for one in choosing.choose([RemoteId(one) for one in ids])]
            return sum(bool(one.decided) for one in chosen)
    finally:
        await database.close()
        await lease_database.close()


@pytest.mark.timeout(1_800 if IS_DEEP else 600)
@both
@pytest.mark.parametrize(
    ("play", "about"),
    [
        pytest.param(Play(before_notes_come_in, notes_come_in), "note", id="notes_come_in"),
        pytest.param(Play(before_many_are_decided, many_are_decided), "", id="many_are_decided"),
    ],
)
def test_a_crash_at_any_step_changes_nothing_in_the_end(
    prepared: Prepared, dialect: DialectName, play: Play, about: str
):
    whole = end_in(prepared, play, Gate())
    crashes = {}

    # test_crash_points has what every run does.
    def kind(step: str) -> str | None:
        return step if about in step else None

    for at, is_after in crash_matrix.points(whole.steps, dialect, kind):
        crashed = end_in(prepared, play, Gate(at, is_after))
        where = f"{'after' if is_after else 'before'} step {at}: {whole.steps[at]}"
        assert crashed.end == whole.end, where
        assert crashed.sent == whole.sent, where
        crashes[at, is_after] = crashed.mended
    place = f"crash matrix of {play.act.__name__}, {dialect}"
    crash_matrix.require(place, whole.steps, crashes)
