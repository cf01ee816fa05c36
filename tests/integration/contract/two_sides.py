"""Both sides as the contract tests see them: in memory, or PostgreSQL and the sandbox."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import uuid4

import psycopg
from qcontact_sync.core.model import LocalId, RemoteId
from qcontact_sync.core.ports import Remote
from qcontact_sync.core.run_ports import RunStore
from qcontact_sync.core.store_ports import Leases, Store
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.fibreflow.lease_store import PostgresLeases
from qcontact_sync.fibreflow.run_store import PostgresRunStore
from qcontact_sync.fibreflow.store import PostgresStore
from qcontact_sync.services.wiring import open_remote

from tests.fakes.fake_gate import Gate
from tests.fakes.fake_qcontact import FakeQContact
from tests.fakes.fake_remote import remote_of
from tests.fakes.fake_runs import FakeLeases, FakeRuns
from tests.fakes.fake_store import FakeStore
from tests.fakes.fake_tenant import DAY_S, FakeTenant
from tests.fakes.fake_world import FakeWorld
from tests.integration.sync_world import World


@dataclass
class Ports:
    """What the use cases are given."""

    remote: Remote
    store: Store
    runs: RunStore
    leases: Leases


class Sides(Protocol):
    """The people on both sides, and time."""

    ports: Ports

    def remote_now(self) -> datetime: ...
    def add_ticket(self, **fields: str) -> RemoteId: ...
    def edit(self, remote_id: RemoteId, **fields: str) -> None: ...
    def delete(self, remote_id: RemoteId) -> None: ...
    def write_note(self, remote_id: RemoteId) -> None: ...
    def watch_one_queue(self) -> tuple[str, str]: ...
    def pass_days(self, days: float) -> None: ...
    def lose_next_answer(self) -> None: ...
    def set_local(self, ticket_id: LocalId, **columns: str) -> None: ...
    def begin_local(self, ticket_id: LocalId, status: str) -> Callable[[], None]: ...
    def add_row(self, external_id: RemoteId) -> LocalId: ...
    def add_note(self, ticket_id: LocalId, content: str, note_type: str = "client") -> None: ...
    def add_user(self, full_name: str) -> str: ...
    def let_pauses_end(self) -> None: ...
    def losers(self) -> int: ...
    def decisions(self) -> list[tuple[str | None, ...]]:
        """Field, FibreFlow's value, QContact's, what was decided, by whom; the oldest first."""
        ...

    def notes_here(self, ticket_id: LocalId) -> list[tuple[str, str]]:
        """Type and text of a ticket's notes, the oldest first."""
        ...

    def quarantined(self) -> list[RemoteId]: ...
    def audited(self, sync_type: str) -> int:
        """Audit rows with success of this type."""
        ...


class InMemory:
    """The fakes."""

    def __init__(self, kind: type[FakeQContact]) -> None:
        self.world = FakeWorld(kind)
        here, there, gate = self.world.fibreflow, self.world.qcontact, Gate(self.world.time)
        self.ports = Ports(
            remote_of(there, gate), FakeStore(here, gate), FakeRuns(here, gate),
            FakeLeases(here, gate),
        )  # fmt: skip

    def remote_now(self) -> datetime:
        return self.world.qcontact.now()

    def add_ticket(self, **fields: str) -> RemoteId:
        self.world.time.pass_by(2)
        return self.world.qcontact.add(**fields)

    def edit(self, remote_id: RemoteId, **fields: str) -> None:
        self.world.time.pass_by(2)
        self.world.qcontact.edit(remote_id, **fields)

    def delete(self, remote_id: RemoteId) -> None:
        self.world.qcontact.delete(remote_id)

    def write_note(self, remote_id: RemoteId) -> None:
        self.world.qcontact.add_note(remote_id, is_internal=False)

    def watch_one_queue(self) -> tuple[str, str]:
        assert isinstance(self.world.qcontact, FakeTenant)
        self.world.qcontact.queues = {"21": "Installations"}
        return "21", "Installations"

    def pass_days(self, days: float) -> None:
        self.world.time.pass_by(days * DAY_S)

    def lose_next_answer(self) -> None:
        self.world.qcontact.faults.append("lost")

    def set_local(self, ticket_id: LocalId, **columns: str) -> None:
        self.world.fibreflow.edit(ticket_id, **columns)

    def begin_local(self, ticket_id: LocalId, status: str) -> Callable[[], None]:
        return self.world.fibreflow.begin(ticket_id, status=status)

    def add_row(self, external_id: RemoteId) -> LocalId:
        return self.world.fibreflow.add_row(external_id)

    def add_note(self, ticket_id: LocalId, content: str, note_type: str = "client") -> None:
        self.world.fibreflow.add_note(ticket_id, content, note_type)

    def add_user(self, full_name: str) -> str:
        return self.world.fibreflow.add_user(full_name)

    def let_pauses_end(self) -> None:
        here = self.world.fibreflow
        for entry in here.quarantine.values():
            entry.next_try_at = entry.next_try_at and here.now()

    def losers(self) -> int:
        return sum(c.kind == "settled" for c in self.world.fibreflow.conflicts)

    def decisions(self) -> list[tuple[str | None, ...]]:
        here = self.world.fibreflow
        rows = [
            (here.conflicts[number], *decision) for number, decision in sorted(here.decided.items())
        ]
        return [(row.field, row.local, row.remote, resolution, by) for row, resolution, by in rows]

    def notes_here(self, ticket_id: LocalId) -> list[tuple[str, str]]:
        notes = self.world.fibreflow.notes.values()
        return [(note.note_type, note.content) for note in notes if note.ticket_id == ticket_id]

    def quarantined(self) -> list[RemoteId]:
        return [remote_id for remote_id, _ in self.world.fibreflow.quarantine]

    def audited(self, sync_type: str) -> int:
        rows = self.world.fibreflow.audit
        return sum((kind, status) == (sync_type, "success") for *_, kind, status in rows)


class Real:
    """PostgreSQL and the sandbox over HTTP."""

    def __init__(self, world: World, ports: Ports) -> None:
        self.world = world
        self.ports = ports

    def remote_now(self) -> datetime:
        return self.world.remote_now()

    def add_ticket(self, **fields: str) -> RemoteId:
        return RemoteId(self.world.add_ticket(**fields))

    def edit(self, remote_id: RemoteId, **fields: str) -> None:
        self.world.edit(remote_id, **fields)

    def delete(self, remote_id: RemoteId) -> None:
        self.world.qcontact.delete(remote_id)

    def write_note(self, remote_id: RemoteId) -> None:
        self.world.qcontact.write_note(remote_id, "rung")

    def watch_one_queue(self) -> tuple[str, str]:
        return str(self.world.qcontact.directory.id_of("Installations")), "Installations"

    def pass_days(self, days: float) -> None:
        self.world.pass_time(days * DAY_S)

    def lose_next_answer(self) -> None:
        self.world.qcontact.faults.add(do="lose_answer", path="/(tickets|entities)/")

    def set_local(self, ticket_id: LocalId, **columns: str) -> None:
        for name, value in columns.items():
            self.world.execute(f"UPDATE tickets SET {name} = %s WHERE id = %s", value, ticket_id)

    def begin_local(self, ticket_id: LocalId, status: str) -> Callable[[], None]:
        connection = psycopg.connect(self.world.database)
        connection.execute("UPDATE tickets SET status = %s WHERE id = %s", (status, ticket_id))

        def commit() -> None:
            connection.commit()
            connection.close()

        return commit

    def add_row(self, external_id: RemoteId) -> LocalId:
        return LocalId(self.world.add_local(external_id, status="open"))

    def add_note(self, ticket_id: LocalId, content: str, note_type: str = "client") -> None:
        self.world.execute(
            "INSERT INTO ticket_notes (id, ticket_id, note_type, content)"
            " VALUES (%s, %s, %s, %s)",
            uuid4(), ticket_id, note_type, content,
        )  # fmt: skip

    def add_user(self, full_name: str) -> str:
        return str(self.world.add_user(full_name))

    def let_pauses_end(self) -> None:
        self.world.make_due()

    def losers(self) -> int:
        return sum(row["kind"] == "settled" for row in self.world.conflicts())

    def decisions(self) -> list[tuple[str | None, ...]]:
        columns = ("field", "local_value", "remote_value", "resolution", "decided_by")
        rows = (row for row in self.world.conflicts() if row["decided_by"])
        return [tuple(row[name] for name in columns) for row in rows]

    def notes_here(self, ticket_id: LocalId) -> list[tuple[str, str]]:
        rows = self.world.rows(
            "SELECT note_type, content FROM ticket_notes WHERE ticket_id = %s ORDER BY created_at",
            ticket_id,
        )
        return [(row["note_type"], row["content"]) for row in rows]

    def quarantined(self) -> list[RemoteId]:
        return [RemoteId(remote_id) for remote_id in self.world.quarantine()]

    def audited(self, sync_type: str) -> int:
        rows = self.world.audit()
        return sum((r["sync_type"], r["status"]) == (sync_type, "success") for r in rows)


@asynccontextmanager
async def real_sides(world: World) -> AsyncIterator[Real]:
    databases = [Database(world.database, lock_wait_s=0.3) for _ in range(3)]
    first, second, leases = databases
    try:
        async with open_remote(world.qcontact_access, world.settings) as remote:
            ports = Ports(
                remote, PostgresStore(first, second), PostgresRunStore(first),
                PostgresLeases(leases),
            )  # fmt: skip
            yield Real(world, ports)
    finally:
        for database in databases:
            await database.close()
