"""The state of one ticket: last agreed and present values, the next step, and its history."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from qcontact_sync.config.settings import Settings
from qcontact_sync.config.ticket_links import ticket_link
from qcontact_sync.core.canon import printable
from qcontact_sync.core.errors import ErrorCode, RowHidden, SyncError
from qcontact_sync.core.model import (
    ASSIGNED_TO,
    OUTSIDE_RUNS,
    Direction,
    KnownTicket,
    People,
    RemoteId,
    RemoteTicket,
)
from qcontact_sync.core.ports import TicketAccess
from qcontact_sync.core.store_ports import Store
from qcontact_sync.fibreflow.insights import Insights
from qcontact_sync.reporting.explain import FieldStory, explain, explain_unread
from qcontact_sync.reporting.timeline import Event, timeline, users_in
from qcontact_sync.services.results import plain_row
from qcontact_sync.sync.context import SyncOptions

log = logging.getLogger(__name__)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TicketStory:
    """The state of a ticket.

    Attributes:
        ticket_uid: None if FibreFlow has no linked row of it.
        problem: Why the state is incomplete, as text for users.
        fields: Empty if the ticket has no link, its row was deleted, or the decision fails.
        assignees: Full names of the FibreFlow users whose ids are in ``fields`` or ``timeline``.
        notes_to_send: Number of FibreFlow's notes that are not sent yet.
        failures: Its entries in quarantine.
        conflicts: Its conflicts, open ones first.
        history: Its audit rows, newest first; ``synced_at`` is aware UTC.
        timeline: What happened to it, newest first.
    """

    qcontact_ticket_id: str
    ticket_id: str | None
    ticket_uid: str | None
    problem: str | None
    fields: tuple[FieldStory, ...]
    assignees: Mapping[str, str | None]
    notes_to_send: int
    failures: Sequence[Row]
    history: Sequence[Row]
    conflicts: Sequence[Row] = ()
    timeline: tuple[Event, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; instants in ISO 8601, in UTC."""
        return {
            **asdict(self),
            "fields": [asdict(story) for story in self.fields],
            "failures": [plain_row(row) for row in self.failures],
            "history": [plain_row(row) for row in self.history],
            "conflicts": [plain_row(row) for row in self.conflicts],
            "timeline": [
                plain_row(
                    {**asdict(event), "changes": [asdict(change) for change in event.changes]}
                )
                for event in self.timeline
            ],
        }


@dataclass(frozen=True, slots=True)
class StoryReader:
    """Reads both sides and writes neither."""

    store: Store
    insights: Insights
    remote: TicketAccess
    options: SyncOptions

    async def read(self, given: str) -> TicketStory | None:
        """The state of a ticket, or None if the id is unknown.

        Args:
            given: A FibreFlow uuid, ticket_uid or QContact id.

        Raises:
            SyncError: FibreFlow does not know the id, and QContact is not available.
        """
        remote_id = (await self.store.resolve_ids([given])).get(given, RemoteId(given))
        async with self.store.unit(OUTSIDE_RUNS, Direction.OUTBOUND, None) as unit:
            known = (await unit.tickets.read_linked([remote_id])).get(remote_id)
        ticket, error = await self._read(remote_id)
        failures = await self.insights.failures([remote_id])
        history = await self.insights.ticket_history(remote_id)
        conflicts = await self.insights.conflicts(remote_ids=[remote_id])
        events = timeline(history, conflicts, failures)
        if error and not (known or failures or history):
            if error.code is ErrorCode.NOT_FOUND:
                return None
            raise error
        mapping = self.options.policy.mapping
        people = mapping.assignment.laid_over(await self.store.load_people())
        fields, breakage = await self._fields(known, ticket, people)
        return TicketStory(
            qcontact_ticket_id=remote_id,
            ticket_id=str(known.local.id) if known and known.local else None,
            ticket_uid=known.local.ticket_uid if known and known.local else None,
            problem=breakage or _problem(known, error),
            fields=fields,
            assignees=_assignees(fields, events, people),
            notes_to_send=await self._notes_to_send(remote_id),
            failures=failures,
            history=history,
            conflicts=conflicts,
            timeline=events,
        )

    async def _read(self, remote_id: RemoteId) -> tuple[RemoteTicket | None, SyncError | None]:
        try:
            return await self.remote.get(remote_id), None
        except SyncError as error:
            return None, error

    async def _fields(
        self, known: KnownTicket | None, ticket: RemoteTicket | None, people: People
    ) -> tuple[tuple[FieldStory, ...], str | None]:
        if known is None or known.local is None:
            return (), None
        if ticket is None:
            return explain_unread(known.linked, known.local), None
        is_quarantined = not await self.store.list_pending(
            None, [ticket.id], sent=self.options.sent_notes
        )
        try:
            stories = explain(
                ticket,
                known.linked,
                known.local,
                people,
                self.options.policy,
                is_quarantined=is_quarantined,
            )
        except Exception as error:  # the guard: a ticket that breaks the code is what is asked for
            log.warning("ticket.unexpected qcontact_id=%s", printable(ticket.id), exc_info=error)
            return (), f"the decision about it failed: unexpected {type(error).__name__}"
        return stories, None

    async def _notes_to_send(self, remote_id: RemoteId) -> int:
        notes = await self.store.list_notes_to_send([remote_id], sent=self.options.sent_notes)
        return len(notes.get(remote_id, ()))


def ticket_links(settings: Settings, story: TicketStory) -> dict[str, str]:
    """Addresses of the ticket's page, by the name of the side; where a template is set."""
    ids = {
        "qcontact_id": story.qcontact_ticket_id,
        "ticket_id": story.ticket_id,
        "ticket_uid": story.ticket_uid,
    }
    sides = {
        "QContact": ticket_link(settings.qcontact_ticket_url, ids),
        "FibreFlow": ticket_link(settings.fibreflow_ticket_url, ids),
    }
    return {side: address for side, address in sides.items() if address}


def _problem(known: KnownTicket | None, error: SyncError | None) -> str | None:
    if error:
        is_gone = error.code is ErrorCode.NOT_FOUND
        return (
            "QContact does not have this ticket, or not any more"
            if is_gone
            else f"QContact: {error}"
        )
    if known is None:
        return "not linked: no run has written it to FibreFlow yet"
    if known.is_hidden:
        return str(RowHidden())
    return "its row was deleted in FibreFlow" if known.local is None else None


def _assignees(
    fields: Sequence[FieldStory], events: Sequence[Event], people: People
) -> dict[str, str | None]:
    present = {
        user
        for story in fields
        if story.field == ASSIGNED_TO
        for user in (story.base_local, story.local)
        if user is not None
    }
    past = users_in(events) & people.name_by_id.keys()
    return {user: people.name_by_id.get(user) for user in present | past}
