"""A QContact, a FibreFlow and the sync between them, as the tests of the engine see them."""

import asyncio
import functools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from psycopg import sql
from pydantic import SecretStr
from qcontact_sync.config.access import (
    ApiKey,
    Dialect,
    FibreFlowAccess,
    Password,
    QContactAccess,
)
from qcontact_sync.config.settings import PREFIX, Settings
from qcontact_sync.core.model import Direction
from qcontact_sync.core.windows import Trigger
from qcontact_sync.jobs import JobResult, run_sync_job
from qcontact_sync.services import runs
from qcontact_sync.services.whole_run import run_whole
from qcontact_sync.services.wiring import host_schema
from qcontact_sync.sync.context import Progress, Run
from qcontact_sync.sync.lifecycle import RunOrder
from qcontact_sync.sync.stopping import Stop

from sandbox.instants import SECOND
from sandbox.running import Sandbox
from sandbox.world import World as QContact
from tests.database import OpenLine, line_to

# The call centre's clock runs behind ours, so that every window ends at its Date header and a test
# can let its time pass without sleeping.
CLOCK_OFFSET_S = -30 * 86_400
BETWEEN_RUNS_S = 400
"""More than the overlap: what a run finds again it has not found by reading back."""


class NoPauses(Stop):
    """Every wait of a run is over at once.

    Attributes:
        waits: How long each would have been, in seconds.
    """

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await super().sleep(0)


def _settings() -> Settings:
    """Those of this environment; reading them takes as long as some whole tests do."""
    return _settings_of(*sorted(item for item in os.environ.items() if item[0].startswith(PREFIX)))


@functools.lru_cache(maxsize=8)
def _settings_of(*environment: tuple[str, str]) -> Settings:
    return Settings(retry_budget_s=0, connections=4)


@dataclass
class World:
    """Both sides and the doors between them.

    Attributes:
        database: DSN of FibreFlow's database for the sync, whose role may do only what it needs.
        owner: The same for who may do everything: FibreFlow's staff, and the tests that look.
        settings: No waiting on a failing remote, unless a test wants it.
        queues: Ids of the assignees whose cases are synced (dialect entities).
    """

    sandbox: Sandbox
    database: str
    owner: str
    settings: Settings = field(default_factory=_settings)
    queues: tuple[str, ...] = ()
    line: OpenLine = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.line = line_to(self.owner)

    @property
    def qcontact(self) -> QContact:
        return self.sandbox.world

    @property
    def fibreflow_access(self) -> FibreFlowAccess:
        return FibreFlowAccess(SecretStr(self.database))

    @property
    def qcontact_access(self) -> QContactAccess:
        sandbox = self.sandbox
        if sandbox.dialect == "entities":
            login = Password(sandbox.email, SecretStr(sandbox.password))
            return QContactAccess(sandbox.url, login, Dialect.ENTITIES, self.queues)
        return QContactAccess(sandbox.url, ApiKey(SecretStr(sandbox.api_key)))

    @property
    def sides(self) -> tuple[FibreFlowAccess, QContactAccess]:
        return self.fibreflow_access, self.qcontact_access

    def configure(self, **settings: object) -> None:
        self.settings = self.settings.model_copy(update=settings)

    def watching(self, *names: str) -> "World":
        """The same world, where only the cases of these assignees are synced."""
        directory = self.qcontact.directory
        return replace(self, queues=tuple(str(directory.id_of(name)) for name in names))

    # --- runs

    def run(self, **params: object) -> JobResult:
        """One whole run, as the command line does it."""
        self.pass_time(BETWEEN_RUNS_S)
        return run_sync_job(
            params,
            fibreflow=self.fibreflow_access,
            qcontact=self.qcontact_access,
            settings=self.settings,
        )

    def run_without_pauses(self, **params: object) -> tuple[JobResult, list[float]]:
        """The same, where back-off takes no time; with the waits, in seconds."""
        self.pass_time(BETWEEN_RUNS_S)
        order = self.order(dag_id=runs.CLI_DAG_ID, params=params)
        stop = NoPauses()
        ended = run_whole(*self.sides, self.settings, order, None, None, stop)
        return asyncio.run(ended), stop.waits

    def order(self, run_id: str = "", trigger: Trigger = Trigger.MANUAL, **more: Any) -> RunOrder:
        return RunOrder(
            more.pop("dag_id", "qcontact_sync"),
            run_id or f"run_{uuid4().hex}",
            trigger,
            more.pop("params", {}),
            **more,
        )

    def start(self, order: RunOrder) -> dict[str, object]:
        self.pass_time(BETWEEN_RUNS_S)
        return asyncio.run(runs.start_run(*self.sides, self.settings, order)).to_dict()

    def run_direction(
        self,
        run: Mapping[str, object],
        direction: str,
        progress: Progress | None = None,
        *,
        waits: bool = True,
    ) -> dict[str, object]:
        started = Run.from_dict(run)
        return asyncio.run(
            runs.run_direction(
                *self.sides, self.settings, started, Direction(direction), progress, waits=waits
            )
        )

    def finish(
        self,
        run: Mapping[str, object],
        unreturned: Sequence[Direction] = (),
        **stats: Mapping[str, object] | None,
    ) -> dict[str, object]:
        started = Run.from_dict(run)
        plans = {name: one["plan"] for name, one in stats.items() if one and "plan" in one}
        finished = runs.finish_run(self.fibreflow_access, self.settings, started, plans, unreturned)
        return asyncio.run(finished).to_dict()

    def run_order(self, order: RunOrder) -> dict[str, object]:
        """Start, both directions and finish, as the DAG's tasks do it."""
        run = self.start(order)
        directions = run["directions"]
        assert isinstance(directions, list)
        return self.finish(run, **{d: self.run_direction(run, d) for d in directions})

    # --- the call centre

    def pass_time(self, seconds: float = 2) -> None:
        """Let QContact's time pass: a change of this very second is the next run's."""
        self.qcontact.switch(clock_offset_s=self.qcontact.switches.clock_offset_s + seconds)

    def wait_for_noon(self) -> None:
        """Let QContact's time pass: what is added in the next hours is of one day."""
        noon = self.remote_now().replace(hour=12)
        self.pass_time((noon - self.remote_now()) % timedelta(days=1) / timedelta(seconds=1))

    def add_ticket(self, **fields: Any) -> str:
        self.pass_time()
        return self.qcontact.add(**{"title": "No light", "status": "New", **fields})

    def edit(self, ticket_ids: str | Sequence[str], **fields: Any) -> None:
        self.pass_time()
        self.qcontact.edit(ticket_ids, **fields)

    def remote(self, ticket_id: str) -> dict[str, Any]:
        ticket = self.qcontact.ticket(ticket_id)
        assert ticket is not None
        return ticket

    def remote_now(self) -> datetime:
        return datetime.fromtimestamp(self.qcontact.now() / SECOND, UTC)

    def sent(self) -> list[tuple[str, str, Any]]:
        """(ticket, method, body) of every write that the API was asked for, oldest first."""
        return [
            (entry.ticket_ids[0], entry.method, entry.body)
            for entry in self.qcontact.journal
            if entry.by == "api"
        ]

    def patches(self) -> list[tuple[str, Any]]:
        return [(ticket, body) for ticket, method, body in self.sent() if method == "PATCH"]

    def notes_at(self, ticket_id: str) -> list[str]:
        return [note["content"] for note in self.qcontact.notes(ticket_id)]

    # --- FibreFlow

    def rows(self, query: str, *params: object) -> list[dict[str, Any]]:
        return self.line.rows(query, params)

    def value(self, query: str, *params: object) -> Any:
        (row,) = self.rows(query, *params)
        (value,) = row.values()
        return value

    def execute(self, statement: str, *params: object) -> None:
        self.line.rows(statement, params)

    def change_table(self, statement: str) -> None:
        """FibreFlow's owner changes the table (``{tickets}``) itself, not a view of it."""
        self.execute(statement.replace("{tickets}", host_schema().names.tickets))

    def local(self, remote_id: str) -> dict[str, Any]:
        (ticket,) = self.rows("SELECT * FROM tickets WHERE external_id = %s", remote_id)
        return ticket

    def set_local(self, remote_id: str, **columns: object) -> None:
        """FibreFlow's staff edit a ticket."""
        change = sql.SQL("UPDATE tickets SET {} WHERE external_id = %s RETURNING 1").format(
            sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in columns)
        )
        changed = self.line.rows(change, [*columns.values(), remote_id])
        assert len(changed) == 1

    def add_local(self, external_id: str | None, **columns: object) -> UUID:
        """A row as FibreFlow's app made it, before the sync knew of it."""
        values = {
            "id": uuid4(),
            "ticket_uid": f"FT{uuid4().int % 10**6:06}",
            "source": "qcontact",
            "external_id": external_id,
            "title": "No light",
            "ticket_type": "maintenance",
            **columns,
        }
        insert = sql.SQL("INSERT INTO tickets ({}) VALUES ({})").format(
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join([sql.Placeholder()] * len(values)),
        )
        self.line.rows(insert, list(values.values()))
        return UUID(str(values["id"]))

    def add_user(self, full_name: str | None) -> UUID:
        user = uuid4()
        self.execute("INSERT INTO users (id, full_name) VALUES (%s, %s)", user, full_name)
        return user

    def add_note(self, remote_id: str, content: str, note_type: str = "client") -> UUID:
        note = uuid4()
        self.execute(
            "INSERT INTO ticket_notes (id, ticket_id, note_type, content) VALUES (%s, %s, %s, %s)",
            note,
            self.local(remote_id)["id"],
            note_type,
            content,
        )
        return note

    # --- the sync's own record

    def quarantine(self) -> dict[str, dict[str, Any]]:
        return {row["remote_id"]: row for row in self.rows("SELECT * FROM qcontact_quarantine")}

    def make_due(self) -> None:
        """Let the pause before the next try be over."""
        self.execute(
            "UPDATE qcontact_quarantine SET next_try_at = now() WHERE next_try_at IS NOT NULL"
        )

    def conflicts(self) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM qcontact_conflict ORDER BY entry")

    def audit(self, remote_id: str | None = None) -> list[dict[str, Any]]:
        """Audit rows of one ticket, or of all; not the summaries of runs."""
        return self.rows(
            "SELECT * FROM qcontact_sync_log WHERE sync_type <> 'full_sync'"
            " AND coalesce(qcontact_ticket_id = %s, true) ORDER BY synced_at",
            remote_id,
        )

    def cursor(self) -> datetime | None:
        found = self.rows("SELECT settled_until FROM qcontact_cursor")
        return found[0]["settled_until"] if found else None

    def history(self) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM sync_job_history ORDER BY started_at")

    def snapshot(self) -> dict[str, list[str]]:
        """Every row of every table, to compare before and after."""
        tables = self.rows(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        )
        return {
            name: sorted(
                row["whole"] for row in self.rows(f"SELECT t::text AS whole FROM {name} AS t")
            )
            for name in (table["tablename"] for table in tables)
        }

    def tickets_snapshot(self) -> list[str]:
        """Every ticket with the transaction that wrote it last: equal means nothing was written."""
        return [
            row["whole"]
            for row in self.rows(
                "SELECT xmin::text || ' ' || t::text AS whole FROM tickets AS t ORDER BY id"
            )
        ]
