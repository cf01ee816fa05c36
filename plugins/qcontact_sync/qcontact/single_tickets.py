"""Read one ticket, and what an update answers: the same in both dialects but for the decoder."""

from collections.abc import Callable

from qcontact_sync.core.errors import ErrorCode, TicketError
from qcontact_sync.core.model import RemoteId, RemoteTicket
from qcontact_sync.qcontact.calls import Answer, Call, ticket_path
from qcontact_sync.qcontact.received_fields import MalformedTicket
from qcontact_sync.qcontact.transport import Transport

Decode = Callable[[bytes], RemoteTicket]
"""Raises `MalformedTicket`, or `UnexpectedBody` for a body that is no ticket at all."""


async def get_ticket(
    transport: Transport, name: str, remote_id: RemoteId, decode: Decode, *, noun: str
) -> RemoteTicket:
    """The ticket as it is now.

    Args:
        name: Method and path template, as in `Call`.
        noun: The dialect's word for a ticket, for the message.

    Raises:
        TicketError: It cannot be read, or the answer is about another one.
    """
    call = Call("GET", name, ticket_path(name, remote_id), lambda a: decode(a.body))
    try:
        ticket = await transport.send(call)
    except MalformedTicket as error:
        message = f"{name}: {error.reason}"
        raise TicketError(message, ErrorCode.VALIDATION_ERROR) from error
    if ticket.id != remote_id:
        raise TicketError(f"{name}: answered another {noun}", ErrorCode.VALIDATION_ERROR)
    return ticket


def read_updated(answer: Answer, remote_id: RemoteId, decode: Decode) -> RemoteTicket | None:
    """The ticket that an update answers with; None where the answer doesn't show this ticket."""
    # The write is done even if the answer is unreadable: the caller reads the ticket again.
    try:
        ticket = decode(answer.body) if answer.body.strip() else None
    except MalformedTicket:
        return None
    return ticket if ticket is not None and ticket.id == remote_id else None
