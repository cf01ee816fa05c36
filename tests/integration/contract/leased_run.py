"""A run under its lease, as the contract's tests use the store."""

from dataclasses import dataclass
from uuid import uuid4

from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.core.decide import decide
from qcontact_sync.core.errors import ErrorCode, LeaseBusy
from qcontact_sync.core.fingerprint import fingerprint
from qcontact_sync.core.merge import Policy
from qcontact_sync.core.model import (
    Direction,
    JobId,
    LocalId,
    People,
    RemoteId,
    RemoteTicket,
    SyncType,
    Window,
)
from qcontact_sync.core.note_rules import SENT
from qcontact_sync.core.request import parse_request
from qcontact_sync.core.run_ports import RunKey
from qcontact_sync.core.stats import Counts
from qcontact_sync.core.store_ports import Lease
from qcontact_sync.core.unit_ports import TicketFailure
from qcontact_sync.core.windows import RunWindow, Trigger

from tests.integration.contract.two_sides import Sides

ACCOUNT = "default"
IN, OUT = Direction.INBOUND, Direction.OUTBOUND
Q1 = RemoteTicket(RemoteId("1001"), {"title": "No light", "status": "Open", "assigned_to": None})


@dataclass
class Run:
    """A run under its lease."""

    sides: Sides
    job: JobId
    lease: Lease

    def unit(self, direction: Direction = IN, *, is_dry: bool = False):
        return self.sides.ports.store.unit(self.job, direction, None if is_dry else self.lease)

    async def bring_in(self, ticket: RemoteTicket = Q1) -> LocalId:
        async with self.unit() as unit:
            version = fingerprint(ticket.values)
            known = (await unit.tickets.look_up([(ticket, version)], force=False))[ticket.id]
            decision = decide(ticket, known, People({}, {}), Policy(TICKETS), version=version)
            await unit.tickets.write([decision])
        async with self.unit() as unit:
            return (await unit.tickets.read_linked([ticket.id]))[ticket.id].link.ticket_id

    async def bring_in_and_break(self) -> None:
        async with self.unit() as unit:
            known = (await unit.tickets.look_up([(Q1, "v")], force=False))[Q1.id]
            await unit.tickets.write([decide(Q1, known, People({}, {}), Policy(TICKETS))])
            raise LeaseBusy

    async def look_up(self, ticket: RemoteTicket = Q1, *, force: bool = False):
        listed = [(ticket, fingerprint(ticket.values))]
        async with self.unit(is_dry=True) as unit:
            return (await unit.tickets.look_up(listed, force=force))[ticket.id]

    async def recognise(self, ticket: RemoteTicket):
        async with self.unit(is_dry=True) as unit:
            return await unit.tickets.recognise({ticket.id: ticket.digest})

    async def linked(self):
        async with self.unit(OUT) as unit:
            return (await unit.tickets.read_linked([Q1.id]))[Q1.id]

    async def pending(self, window: Window | None = None) -> list[RemoteId]:
        return list(await self.sides.ports.store.list_pending(window, None, sent=SENT))

    async def notes(self):
        found = await self.sides.ports.store.list_notes_to_send([Q1.id], sent=SENT)
        return found.get(Q1.id, [])

    async def fail(
        self, version: str | None, *, recoverable: bool = False, direction: Direction = OUT
    ) -> Counts:
        failure = TicketFailure(
            Q1.id, SyncType.STATUS_UPDATE, ErrorCode.VALIDATION_ERROR, "refused", version,
            recoverable=recoverable,
        )  # fmt: skip
        async with self.unit(direction) as unit:
            return await unit.quarantine.add([failure])


async def open_run(sides: Sides, start=None, trigger=Trigger.MANUAL, run_id="", **window):
    job = JobId(uuid4())
    run_id = run_id or str(job)
    key = RunKey(job, ACCOUNT, "qcontact_sync", run_id, trigger)
    kinds = {"moves_cursor": True, "is_dated": False, **window}
    spans = RunWindow(Window(start, sides.remote_now()), **kinds)
    opened = await sides.ports.runs.open_run(key, parse_request({}), spans)
    for direction in Direction:
        await sides.ports.runs.open_direction(job, direction)
    return key, opened


async def settle(run: Run, job: JobId, moment) -> None:
    async with run.sides.ports.store.unit(job, IN, run.lease) as unit:
        await unit.progress.settle_until(moment)
