"""Which of several versions of a ticket counts."""

from collections.abc import Collection, Sequence

from qcontact_sync.core.listed import Listed
from qcontact_sync.core.model import KnownTicket, RemoteId, RemoteTicket


def newest_of_each(tickets: Sequence[Listed]) -> Collection[Listed]:
    """One version of each ticket, if a moving list showed two: the newest, else the last."""
    newest: dict[RemoteId, Listed] = {}
    for ticket in tickets:
        known = newest.get(ticket.id)
        stamps = (ticket.updated_at, known.updated_at) if known else (None, None)
        if not (stamps[0] and stamps[1] and stamps[0] < stamps[1]):
            newest[ticket.id] = ticket
    return newest.values()


def may_be_older(ticket: RemoteTicket, version: str, known: KnownTicket) -> bool:
    """Stamps have whole seconds: of two edits with one stamp, the list may show the first."""
    link = known.link
    if link is None or link.remote_updated_at is None or ticket.updated_at is None:
        return False
    if ticket.updated_at == link.remote_updated_at:
        return version != link.fingerprint
    return ticket.updated_at < link.remote_updated_at
