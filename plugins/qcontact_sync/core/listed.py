"""Tickets as a list shows them: decoded, or not yet."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from qcontact_sync.core.model import RemoteId, RemoteTicket


class ListedTicket(NamedTuple):
    """A ticket that a list shows, not decoded yet: one that was settled as it is never will be.

    A tuple, since every ticket of every page becomes one.

    Attributes:
        digest: Of the object as received, and of what is read from such an object: equal digests
            decode to equal values.
        weight: As `RemoteTicket`, in bytes received.
        received: The object as it came.
        decode: Returns the ticket of such an object; raises `TicketError` where it cannot be read.
    """

    id: RemoteId
    updated_at: datetime | None
    digest: str
    weight: int
    received: bytes
    decode: Callable[["ListedTicket"], RemoteTicket]


Listed = RemoteTicket | ListedTicket


def decoded(ticket: Listed) -> RemoteTicket:
    """The ticket with its values.

    Raises:
        TicketError: It cannot be read.
    """
    return ticket.decode(ticket) if isinstance(ticket, ListedTicket) else ticket
