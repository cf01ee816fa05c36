"""What a comparison reads of FibreFlow's database beside `core.store_ports.Store`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from qcontact_sync.core.listed import Listed
from qcontact_sync.core.model import KnownTicket, LocalId, RemoteId, RemoteTicket
from qcontact_sync.core.unmoved import EqualTexts, UnmovedTicket


@dataclass(frozen=True, slots=True)
class Blockers:
    """What keeps a linked ticket back.

    Attributes:
        inbound, outbound: Error code of its entry in quarantine, by direction.
        is_gone: QContact did not have it when it was asked last.
    """

    inbound: str | None = None
    outbound: str | None = None
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class UnlinkedRow:
    """A FibreFlow row that came from QContact and has no link."""

    id: LocalId
    ticket_uid: str
    remote_id: RemoteId | None


class ComparisonReads(Protocol):
    """Read-only; each method is one short transaction."""

    async def look_up(self, tickets: Sequence[RemoteTicket]) -> Mapping[RemoteId, KnownTicket]:
        """Links, rows, and rows to adopt; of every given ticket."""
        ...

    async def match_unmoved(
        self,
        listed: Sequence[Listed],
        texts: EqualTexts,
        fingerprints: Sequence[str] | None = None,
    ) -> Sequence[UnmovedTicket]:
        """Those that neither side changed since they agreed, and whose texts are equal.

        Args:
            fingerprints: Of the tickets, in their order; None where they are recognised by their
                digests.
        """
        ...

    async def read_linked(self, remote_ids: Sequence[RemoteId]) -> Mapping[RemoteId, KnownTicket]:
        """Links and rows, with their versions; other ids are left out."""
        ...

    async def read_blockers(self, remote_ids: Sequence[RemoteId]) -> Mapping[RemoteId, Blockers]:
        """What keeps tickets back; those that nothing keeps back are left out."""
        ...

    async def page_of_links(self, after: RemoteId | None, limit: int) -> Sequence[RemoteId]:
        """Linked tickets by QContact id, in its order, those behind ``after``."""
        ...

    async def page_of_unlinked(self, after: LocalId | None, limit: int) -> Sequence[UnlinkedRow]:
        """Rows without a link by their id, in its order, those behind ``after``."""
        ...

    async def settled_until(self, account: str) -> datetime | None:
        """The cursor; None if there is none."""
        ...
