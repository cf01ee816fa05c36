"""A run that dies at any one of its steps outside: a request to QContact, a commit."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar

from psycopg.rows import DictRow
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.model import (
    Direction,
    Note,
    Page,
    RemoteId,
    RemoteNote,
    RemoteTicket,
    RowPage,
    Window,
)
from qcontact_sync.core.ports import (
    BeforeTry,
    Remote,
    RemoteTickets,
    TicketAccess,
    WalkedList,
    WalkedTickets,
)
from qcontact_sync.core.store_ports import Lease
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.fibreflow.host_schema import USUAL, HostSchema

from tests.integration.engine import Engine
from tests.integration.sync_world import World

Result = TypeVar("Result")
_HOUSEKEEPING = {"begin_transaction", "limit_lock_waits", "renew_lease"}
DEAD_PID = 2**22 + 1
"""Beyond the largest number that a process can have."""


class Crash(BaseException):
    """The process is gone: no code of it runs any more."""


@dataclass
class Gate:
    """Lets every step through but one, and none after that; one at a time, as they come, so that
    they have the same order on any machine.

    Attributes:
        at: The step at which the process dies, by its number (from 0) or its name; None: never.
        is_after: Whether the step's effect has come about by then.
    """

    at: int | str | None = None
    is_after: bool = False
    steps: list[str] = field(default_factory=list)
    is_dead: bool = False
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _taking: asyncio.Task[Any] | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """While no other task takes a step; a step may be part of another one of its task."""
        task = asyncio.current_task()
        if self._taking is task:
            yield
            return
        async with self._turn:
            self._taking = task
            try:
                yield
            finally:
                self._taking = None

    async def step(self, name: str, act: Callable[[], Awaitable[Result]]) -> Result:
        """Take one step outside."""
        async with self.turn():
            return await self._step(name, act)

    async def _step(self, name: str, act: Callable[[], Awaitable[Result]]) -> Result:
        is_the_last = self.enter(name)
        if is_the_last and not self.is_after:
            self.die()
        try:
            return await act()
        finally:
            # However it was answered: a refusal is an effect as well.
            if is_the_last:
                self.die()

    def enter(self, name: str) -> bool:
        """Whether this step is the one to die at."""
        if self.is_dead:
            raise Crash
        self.steps.append(name)
        return self.at in (len(self.steps) - 1, name)

    def die(self) -> None:
        """End the process here."""
        self.is_dead = True
        raise Crash


class GatedDatabase(Database):
    """A step per transaction: its commit."""

    def __init__(self, conninfo: str, gate: Gate, schema: HostSchema = USUAL) -> None:
        super().__init__(conninfo, schema)
        self._gate = gate
        self._asked: list[str] = []

    @asynccontextmanager
    async def transaction(
        self, lease: Lease | None = None, *, read_only: bool = False
    ) -> AsyncIterator[Database]:
        async with nullcontext() if read_only else self._gate.turn():
            if self._gate.is_dead:
                raise Crash
            is_the_last = False
            async with super().transaction(lease, read_only=read_only) as database:
                self._asked = []
                yield database
                if not read_only:
                    is_the_last = self._gate.enter(f"commit of {', '.join(self._asked)}")
                    if is_the_last and not self._gate.is_after:
                        self._gate.die()
            if is_the_last:
                self._gate.die()

    async def fetch(
        self,
        name: str,
        params: Mapping[str, Any] | None = None,
        schema: HostSchema | None = None,
    ) -> list[DictRow]:
        if name not in _HOUSEKEEPING:
            self._asked.append(name)
        return await super().fetch(name, params, schema)

    async def copy(self, name: str, rows: str) -> None:
        self._asked.append(name)
        await super().copy(name, rows)


class GatedAccess:
    """A step per call of QContact."""

    def __init__(self, remote: TicketAccess, gate: Gate) -> None:
        self._remote = remote
        self._gate = gate

    @property
    def mapping(self) -> TicketMapping:
        return self._remote.mapping

    @property
    def writes_assignment(self) -> bool:
        return self._remote.writes_assignment

    async def get(self, remote_id: RemoteId) -> RemoteTicket:
        return await self._gate.step("read of a ticket", lambda: self._remote.get(remote_id))

    async def update(
        self, remote_id: RemoteId, fields: Mapping[str, str | None], before_try: BeforeTry
    ) -> RemoteTicket | None:
        return await self._gate.step(
            "write of a ticket", lambda: self._remote.update(remote_id, fields, before_try)
        )

    async def add_note(
        self, remote_id: RemoteId, note: Note, idempotency_key: str, before_try: BeforeTry
    ) -> str | None:
        return await self._gate.step(
            "write of a note",
            lambda: self._remote.add_note(remote_id, note, idempotency_key, before_try),
        )

    async def list_notes(self, remote_id: RemoteId) -> Sequence[RemoteNote] | None:
        return await self._gate.step("read of notes", lambda: self._remote.list_notes(remote_id))

    async def check(self) -> str:
        return await self._remote.check()


class GatedTickets(GatedAccess):
    """QContact, where it can be asked what changed."""

    def __init__(self, remote: RemoteTickets, gate: Gate) -> None:
        super().__init__(remote, gate)
        self._list = remote

    async def list_page(self, window: Window, page: int, page_size: int) -> Page:
        return await self._gate.step(
            "read of a page", lambda: self._list.list_page(window, page, page_size)
        )


class GatedCases(GatedAccess):
    """QContact, where it cannot."""

    def __init__(self, remote: WalkedTickets, gate: Gate) -> None:
        super().__init__(remote, gate)
        self._list = remote

    @property
    def queues(self) -> Sequence[str]:
        return self._list.queues

    async def list_rows(self, page: int, page_size: int, queue: str | None = None) -> RowPage:
        return await self._gate.step(
            "read of a page", lambda: self._list.list_rows(page, page_size, queue)
        )


def gated(remote: Remote, gate: Gate) -> Remote:
    """The same QContact, with a step per call."""
    if isinstance(remote, WalkedList):
        return GatedCases(remote, gate)
    return GatedTickets(remote, gate)


def dying_run(world: World, gate: Gate) -> None:
    """Both directions of one run; where the gate lets it die, it is buried."""
    engine = Engine(
        world,
        database=lambda conninfo, schema: GatedDatabase(conninfo, gate, schema),
        seen_as=lambda remote: gated(remote, gate),
    )
    try:
        engine.carry_out(Direction.INBOUND, Direction.OUTBOUND)
    except Crash:
        bury(world)


def bury(world: World) -> None:
    """What the operating system does: this test's process lives on, the run's is gone.

    It was no run of Airflow's, which alone could say that one of its own is over.
    """
    world.execute("UPDATE qcontact_lease SET pid = %s", DEAD_PID)
    world.execute("UPDATE qcontact_run SET pid = %s, dag_id = 'cli'", DEAD_PID)
