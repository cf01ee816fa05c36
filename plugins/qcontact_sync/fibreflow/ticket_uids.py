"""The numbers of new tickets (``ticket_uid``)."""

from collections.abc import Mapping, Sequence
from datetime import date

from qcontact_sync.core.canon import case_reference
from qcontact_sync.core.decision import TicketDecision
from qcontact_sync.core.model import RemoteId, RemoteTicket
from qcontact_sync.core.rules import UidRule
from qcontact_sync.fibreflow.unit_of_work import OpenUnit

REFERENCE_REACH = 100_000
"""A case reference this far beyond the highest number in use is not used as a number."""


class AdoptionScan:
    """What a look at all of FibreFlow's rows found, once per run.

    Attributes:
        is_done: Rows without a link were looked up in this run already.
        highest_uid: The highest number of six digits in use then; None where there was none.
    """

    is_done = False
    highest_uid: int | None = None


class TicketUids:
    """The ``ticket_uid`` of new tickets, as the mapping says."""

    def __init__(self, unit: OpenUnit, scan: AdoptionScan) -> None:
        self._unit = unit
        self._scan = scan

    async def new_ones(self, created: Sequence[TicketDecision]) -> Mapping[RemoteId, str]:
        """One for each new ticket."""
        if self._unit.mapping.uid_rule is UidRule.DAILY:
            return await self._daily(created)
        return await self._references(created)

    async def _daily(self, created: Sequence[TicketDecision]) -> Mapping[RemoteId, str]:
        """The next free numbers of the days of the cases, from the application's own counter."""
        waiting = list(created)
        uids: dict[RemoteId, str] = {}
        while waiting:
            params = {"days": [_day(decision) for decision in waiting]}
            rows = await self._unit.fetch("next_daily_uids", params)
            uids.update({waiting[row["place"] - 1].remote.id: row["ticket_uid"] for row in rows})
            waiting = [decision for decision in waiting if decision.remote.id not in uids]
        return uids

    async def _references(self, created: Sequence[TicketDecision]) -> Mapping[RemoteId, str]:
        """The case reference where there is one and it is free, else the next free number."""
        found = ((d.remote.id, self._reference(d.remote)) for d in created)
        wanted = {remote_id: reference for remote_id, reference in found if reference}
        references = list(wanted.values())
        taken = (
            {
                row["ticket_uid"]
                for row in await self._unit.fetch("taken_ticket_uids", {"ticket_uids": references})
            }
            if references
            else set()
        )
        uids: dict[RemoteId, str] = {}
        for remote_id, reference in wanted.items():
            if reference not in taken:
                uids[remote_id] = reference
                taken.add(reference)
        rest = [d.remote.id for d in created if d.remote.id not in uids]
        uids.update(zip(rest, await self._next_uids(len(rest), taken), strict=True))
        return uids

    def _reference(self, remote: RemoteTicket) -> str | None:
        """The ticket's case reference, if it can be one."""
        reference, highest = _case_reference(remote), self._scan.highest_uid
        if reference and highest is not None and int(reference[2:]) > highest + REFERENCE_REACH:
            return None
        return reference

    async def _next_uids(self, count: int, taken: set[str]) -> list[str]:
        fresh: list[str] = []
        while len(fresh) < count:
            (drawn,) = await self._unit.fetch("next_ticket_uids", {"count": count - len(fresh)})
            fresh += [uid for uid in drawn["ticket_uids"] if uid not in taken]
        return fresh


def _day(decision: TicketDecision) -> date | None:
    """The day of the case in UTC, where a column of the mapping holds it."""
    created_at = decision.writes.get("created_at")
    return date.fromisoformat(created_at[:10]) if created_at else None


def _case_reference(remote: RemoteTicket) -> str | None:
    place = remote.reference or f"{remote.id} {remote.values.get('title') or ''}"
    return case_reference(place)
