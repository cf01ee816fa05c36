"""What the use cases need from outside, as Protocols; adapters and test fakes implement them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from qcontact_sync.core.mapping import StatusWords
from qcontact_sync.core.model import Note, Page, RemoteId, RemoteNote, RemoteTicket, Window


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


class RemoteTickets(Protocol):
    """QContact, in any dialect.

    Each method retries temporary failures within the run's budget and then raises
    `RetryableError`; bad credentials raise `FatalError`; failures of one ticket raise
    `TicketError`.
    """

    @property
    def words(self) -> StatusWords:
        """This dialect's words for FibreFlow's statuses."""
        ...

    async def list_page(self, window: Window, page: int, page_size: int) -> Page:
        """One page (from 1) of the tickets updated in the window, in no particular order.

        Whether the bounds are included is unknown: the caller widens and filters. Bounds are sent
        in milliseconds.
        """
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
            The ticket in the answer, or None if the answer is empty.

        Raises:
            OutcomeUnknown: No answer came; the write may have been applied.
            TicketError: Refused: 403, 404, 409, 422.
        """
        ...

    async def add_note(
        self, remote_id: RemoteId, note: Note, idempotency_key: str, before_try: BeforeTry
    ) -> str | None:
        """Add a note; its id, or None if the answer is empty.

        Raises:
            OutcomeUnknown: No answer came; the note may have been added.
        """
        ...

    async def list_notes(self, remote_id: RemoteId) -> Sequence[RemoteNote] | None:
        """All notes of a ticket, or None if this deployment cannot list them."""
        ...

    async def check(self) -> str:
        """List one ticket; returns a sentence for a person about the answer."""
        ...
