"""What the use cases need from outside, as Protocols; adapters and test fakes implement them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.model import (
    Note,
    Page,
    RemoteId,
    RemoteNote,
    RemoteTicket,
    RowPage,
    Window,
)


class Clock(Protocol):
    """The injected time; used only for waiting and for what is shown."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never step back."""
        ...


BeforeTry = Callable[[], None]
"""Called before each try of a write, after all waiting; if it raises, nothing is sent."""


class TicketAccess(Protocol):
    """Single tickets of QContact, in any dialect.

    Each method retries temporary failures within the run's budget and then raises
    `RetryableError`; bad credentials raise `FatalError`; failures of one ticket raise
    `TicketError`.
    """

    @property
    def mapping(self) -> TicketMapping:
        """The rules by which tickets are read, and two-way fields written."""
        ...

    @property
    def writes_assignment(self) -> bool:
        """Whether `update` takes ``assigned_to``; if not, assignment flows inbound only."""
        ...

    async def get(self, remote_id: RemoteId) -> RemoteTicket:
        """The ticket as it is now.

        Raises:
            TicketError: ``NOT_FOUND``, or it cannot be decoded (``VALIDATION_ERROR``).
        """
        ...

    async def update(
        self, remote_id: RemoteId, fields: Mapping[str, str | None], before_try: BeforeTry
    ) -> RemoteTicket | None:
        """Write only these fields (``status``, ``assigned_to``; remote words).

        Returns:
            The ticket in the answer, or None if the answer does not show it.

        Raises:
            OutcomeUnknown: No answer came; the write may have been applied.
            TicketError: Refused: 403, 404, 409, 422; ``writes`` says what kinds of write.
        """
        ...

    async def add_note(
        self, remote_id: RemoteId, note: Note, idempotency_key: str, before_try: BeforeTry
    ) -> str | None:
        """Add a note; the id under which `list_notes` shows it, or None if that is unknown.

        Raises:
            OutcomeUnknown: No answer came; the note may have been added.
            TicketError: Refused; ``writes`` says that it was a note.
        """
        ...

    async def list_notes(self, remote_id: RemoteId) -> Sequence[RemoteNote] | None:
        """All notes of a ticket, or None if this deployment cannot list all of them."""
        ...

    async def check(self) -> str:
        """Send as few requests as possible; a sentence for a person about the answers."""
        ...


class WindowedList(Protocol):
    """A QContact that can be asked what changed."""

    async def list_page(self, window: Window, page: int, page_size: int) -> Page:
        """One page (from 1) of the tickets updated in the window, in no particular order.

        Whether the bounds are included is unknown: the caller widens and filters. Bounds are sent
        in milliseconds.
        """
        ...


@runtime_checkable
class WalkedList(Protocol):
    """A QContact that cannot be asked what changed: its lists are walked whole."""

    @property
    def queues(self) -> Sequence[str]:
        """One list each, at least one; ``""`` is the list of all that the account sees."""
        ...

    async def list_rows(self, page: int, page_size: int, queue: str | None = None) -> RowPage:
        """One page (from 1) of a queue's list, newest ticket first.

        A ticket that is handed from one queue to another may be in both lists, or in neither.

        Args:
            page_size: As many as are wanted; the answer says how many there are in a page.
            queue: One of `queues`; None is the first.
        """
        ...


class RemoteTickets(TicketAccess, WindowedList, Protocol):
    """A QContact whose list can be asked for what changed in a window (dialect tickets)."""


class WalkedTickets(TicketAccess, WalkedList, Protocol):
    """A QContact whose list can only be read as a whole (dialect entities)."""


Remote = RemoteTickets | WalkedTickets
