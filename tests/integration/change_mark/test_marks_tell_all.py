"""Whatever happens in whatever order, comparing what is marked finds what comparing all finds."""

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb
from qcontact_sync.core.note_rules import SentNotes
from qcontact_sync.fibreflow.change_mark import marked_tickets, read_change_mark, renew_marks
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.fibreflow.note_records import note_params
from qcontact_sync.fibreflow.statements import statement
from qcontact_sync.fibreflow.store import PostgresStore

from tests.depth import IS_DEEP

pytestmark = pytest.mark.integration

SENT = SentNotes(public=("client",), internal=())
JOB = uuid.UUID(int=1)
TICKETS = [uuid.UUID(int=number) for number in range(1, 5)]
OPEN_ELSEWHERE = TICKETS[0]
"""The ticket that a transaction of the application's may hold."""
STATUSES = ("open", "assigned", "in_progress")
USERS = (None, uuid.UUID(int=91), uuid.UUID(int=92))
RESET = """
TRUNCATE tickets, ticket_notes, qcontact_ticket_link, qcontact_note, qcontact_quarantine,
    qcontact_change_mark, qcontact_full_comparison"""
SEED = """
INSERT INTO tickets (id, ticket_uid, source, external_id, title, ticket_type, status)
SELECT id, 'FT' || right(id::text, 6), 'qcontact', right(id::text, 1),
    'No light', 'maintenance', 'open'
FROM unnest(%s::uuid[]) AS id"""
QUARANTINE = """
INSERT INTO qcontact_quarantine (
    remote_id, direction, sync_type, version, error_code, error_message, next_try_at, job_id
)
SELECT
    link.remote_id, 'outbound', 'status_update',
    md5(concat_ws('|', ticket.status, ticket.assigned_to::text, link.fingerprint)),
    'VALIDATION_ERROR', 'refused', now() + %s::interval, %s
FROM qcontact_ticket_link AS link
INNER JOIN tickets AS ticket ON ticket.id = link.ticket_id
WHERE link.ticket_id = %s
ON CONFLICT ON CONSTRAINT qcontact_quarantine_ticket_key DO UPDATE
SET version = EXCLUDED.version, next_try_at = EXCLUDED.next_try_at"""

tickets = st.sampled_from(TICKETS)
not_held = st.sampled_from(TICKETS[1:])
statuses, users = st.sampled_from(STATUSES), st.sampled_from(USERS)
note_types = st.sampled_from(("client", "internal", "system"))
steps = st.one_of(
    st.tuples(st.just("edit"), not_held, statuses, users),
    st.tuples(st.just("begin"), statuses),
    st.just(("commit",)),
    st.just(("rollback",)),
    st.tuples(st.just("note"), tickets, note_types),
    st.tuples(st.just("retype"), tickets, note_types),
    st.tuples(st.just("link"), tickets, statuses, users, st.sampled_from(([], ["status"]))),
    st.tuples(st.just("gone"), tickets),
    st.tuples(st.just("quarantine"), tickets, st.sampled_from(("1 hour", "-1 hour"))),
    st.tuples(st.just("retry"), tickets),
    st.tuples(st.just("intend"), tickets),
    st.tuples(st.just("settle"), tickets, st.sampled_from(("sent", "doubtful"))),
    st.tuples(st.just("withdraw"), tickets),
    st.tuples(st.just("remove"), not_held),
    st.just(("agree",)),
    st.tuples(st.just("renew"), st.booleans()),
)
NOTED = TICKETS[1]
A_DOUBTFUL_NOTE_IS_SENT_AGAIN: list[tuple[Any, ...]] = [
    ("note", NOTED, "client"),
    ("intend", NOTED),
    ("settle", NOTED, "doubtful"),
    ("quarantine", NOTED, "1 hour"),
    ("renew", False),
    ("retry", NOTED),
]
A_TICKET_THAT_WAS_GONE_IS_ASKED_FOR_AGAIN: list[tuple[Any, ...]] = [
    ("edit", NOTED, "assigned", None),
    ("gone", NOTED),
    ("quarantine", NOTED, "1 hour"),
    ("renew", False),
    ("retry", NOTED),
]


class Sides:
    """FibreFlow's application with two connections, and the sync with its own."""

    def __init__(self, owner: str, runtime: str) -> None:
        self._app = psycopg.connect(owner, autocommit=True)
        self._slow_app = psycopg.connect(owner)
        self._sync = psycopg.connect(runtime, autocommit=True)
        self._runtime = runtime

    def close(self) -> None:
        for line in (self._app, self._slow_app, self._sync):
            line.close()

    async def play(self, history: list[tuple[Any, ...]]) -> None:
        self._slow_app.rollback()
        self._app.execute(RESET)
        self._app.execute(SEED, [TICKETS])
        for ticket in TICKETS:
            self.link(ticket, "open", None, [])
        database = Database(self._runtime)
        try:
            await self._renew(database, compares_all=True)
            for name, *given in history:
                if name == "renew":
                    await self._renew(database, compares_all=given[0])
                elif name == "agree":
                    await self._agree(database)
                else:
                    getattr(self, name)(*given)
                await self._compare(database)
        finally:
            await database.close()

    async def _renew(self, database: Database, *, compares_all: bool) -> None:
        async with database.transaction():
            await renew_marks(database, SENT, compares_all=compares_all)

    async def _compare(self, database: Database) -> None:
        async with database.transaction(read_only=True):
            assert (await read_change_mark(database, SENT))["is_current"]
            everything = {
                "remote_ids": None, "ticket_ids": None, "window_start": None, "window_end": None,
            }  # fmt: skip
            rows = await database.fetch("list_pending", {**everything, **note_params(SENT)})
        by_marks = await PostgresStore(database).list_pending(None, None, sent=SENT)
        assert list(by_marks) == [row["remote_id"] for row in rows]

    # --- FibreFlow's application

    def edit(self, ticket: uuid.UUID, status: str, user: uuid.UUID | None) -> None:
        self._app.execute(
            "UPDATE tickets SET status = %s, assigned_to = %s WHERE id = %s", [status, user, ticket]
        )

    def begin(self, status: str) -> None:
        self._slow_app.execute(
            "UPDATE tickets SET status = %s WHERE id = %s", [status, OPEN_ELSEWHERE]
        )

    def commit(self) -> None:
        self._slow_app.commit()

    def rollback(self) -> None:
        self._slow_app.rollback()

    def note(self, ticket: uuid.UUID, note_type: str) -> None:
        self._app.execute(
            "INSERT INTO ticket_notes (ticket_id, note_type, content) VALUES (%s, %s, 'x')",
            [ticket, note_type],
        )

    def retype(self, ticket: uuid.UUID, note_type: str) -> None:
        self._app.execute(
            "UPDATE ticket_notes SET note_type = %s WHERE ticket_id = %s", [note_type, ticket]
        )

    def remove(self, ticket: uuid.UUID) -> None:
        self._app.execute("DELETE FROM tickets WHERE id = %s", [ticket])

    # --- the sync

    def _run(self, name: str, **params: Any) -> None:
        self._sync.execute(statement(name).encode(), {"job_id": JOB, **params})

    def link(
        self, ticket: uuid.UUID, status: str, user: uuid.UUID | None, frozen: list[str]
    ) -> None:
        row = {
            "remote_id": str(ticket.int), "ticket_id": str(ticket), "base_status_local": status,
            "base_assigned_local": user and str(user), "base_remote": {}, "fingerprint": status,
            "frozen": frozen, "turns": {}, "is_audited": False,
        }  # fmt: skip
        self._run("write_links", links=Jsonb([row]))

    def gone(self, ticket: uuid.UUID) -> None:
        self._run("mark_gone", remote_ids=[str(ticket.int)])

    def quarantine(self, ticket: uuid.UUID, due_in: str) -> None:
        self._sync.execute(QUARANTINE, [due_in, JOB, ticket])

    def retry(self, ticket: uuid.UUID) -> None:
        found = self._sync.execute(
            "SELECT id FROM qcontact_quarantine WHERE remote_id = %s", [str(ticket.int)]
        )
        self._run("retry_quarantine", ids=[row[0] for row in found], by="a test")

    def _notes(self, ticket: uuid.UUID) -> list[uuid.UUID]:
        found = self._sync.execute("SELECT id FROM ticket_notes WHERE ticket_id = %s", [ticket])
        return [row[0] for row in found]

    def intend(self, ticket: uuid.UUID) -> None:
        for note in self._notes(ticket):
            self._run(
                "intend_note", note_id=note, ticket_id=ticket, remote_id=str(ticket.int),
                idempotency_key="k", equal_before=0, content_digest="d",
            )  # fmt: skip

    def settle(self, ticket: uuid.UUID, state: str) -> None:
        for note in self._notes(ticket):
            self._run("settle_note", note_id=note, state=state, remote_note_id=None)

    def withdraw(self, ticket: uuid.UUID) -> None:
        for note in self._notes(ticket):
            self._run("withdraw_note", note_id=note)

    async def _agree(self, database: Database) -> None:
        async with database.transaction():
            marked = await marked_tickets(database)
            assert marked is not None
            await database.fetch("agree_assignments", {"ticket_ids": marked})
            (beside,) = await database.fetch("agree_assignments", {"ticket_ids": None})
        assert beside["agreed"] == 0


@contextmanager
def two_sides(owner: str, runtime: str) -> Iterator[Sides]:
    sides = Sides(owner, runtime)
    try:
        yield sides
    finally:
        sides.close()


def test_marks_tell_all_that_is_pending(fibreflow_db: str, runtime_db: str) -> None:
    @settings(
        max_examples=300 if IS_DEEP else 60,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.lists(steps, max_size=25))
    @example(A_DOUBTFUL_NOTE_IS_SENT_AGAIN)
    @example(A_TICKET_THAT_WAS_GONE_IS_ASKED_FOR_AGAIN)
    def property_holds(history: list[tuple[Any, ...]]) -> None:
        asyncio.run(sides.play(history))

    with two_sides(fibreflow_db, runtime_db) as sides:
        property_holds()
