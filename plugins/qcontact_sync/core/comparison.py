"""How both sides of one ticket stand: the same, on the way, waiting, or different for good.

The judgement is `core.decide`'s, so that a comparison never says anything else than the next run
would do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from qcontact_sync.core.decide import decide
from qcontact_sync.core.decision import TicketDecision
from qcontact_sync.core.mapping import (
    is_same_person,
    is_same_status,
    is_terminal,
    status_key,
    to_local_owned,
    to_local_status,
)
from qcontact_sync.core.merge import Action, FieldDecision, Policy
from qcontact_sync.core.model import (
    ASSIGNED_TO,
    STATUS,
    Direction,
    KnownTicket,
    LocalTicket,
    People,
    RemoteId,
    RemoteTicket,
)

MARGIN = timedelta(hours=1)
"""A change so much older than the cursor was missed: no run reads back that far by itself."""
NOTE = "note"
"""Stands among the fields for notes that are not sent yet."""
_LONG_TEXTS = ("description", "address")


class Standing(StrEnum):
    """How the two sides of a ticket, or of one field, stand."""

    SAME = "same"
    PENDING = "pending"
    """The next run carries the difference over."""
    WAITS = "waits"
    """For a person's decision, or in quarantine."""
    DIFFERS = "differs"
    """Nothing acts on it by itself: as adopted, or overwritten behind the sync's back."""
    ONLY_QCONTACT = "only_qcontact"
    ONLY_FIBREFLOW = "only_fibreflow"


class Gap(StrEnum):
    """A status that differs for good, where one side has ended the ticket."""

    DONE_HERE = "done_here"
    """Done in FibreFlow, open in QContact."""
    DONE_THERE = "done_there"
    """Done in QContact, open in FibreFlow."""


@dataclass(frozen=True, slots=True)
class Holds:
    """What the sync's record says about a ticket.

    Attributes:
        inbound, outbound: Error code of its entry in quarantine, by direction.
        is_pending: The next run sends something of it.
        is_gone: QContact did not have it when it was asked last.
        is_listed: It is among the tickets that QContact lists for this account.
        settled_until: Every change in QContact before this instant was brought in; None where
            that is not known from an instant.
    """

    inbound: str | None = None
    outbound: str | None = None
    is_pending: bool = False
    is_gone: bool = False
    is_listed: bool = True
    settled_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class FieldComparison:
    """One field that is not the same on both sides, as a person reads it.

    Attributes:
        local, remote: A user by the full name; of a long text only its length.
        way: Where a pending one goes.
    """

    field: str
    standing: Standing
    local: str | None
    remote: str | None
    reason: str
    way: Direction | None = None


@dataclass(frozen=True, slots=True)
class TicketComparison:
    """One ticket on both sides.

    Attributes:
        remote_id: None of a FibreFlow row without a QContact id.
        fields: Those that are not the same.
        reason: Why, where it is not the fields'.
        gap: See `Gap`.
        version: Changes when either side, as far as the sync has seen it, changes.
    """

    remote_id: RemoteId | None
    ticket_uid: str | None
    standing: Standing
    fields: tuple[FieldComparison, ...] = ()
    reason: str = ""
    gap: Gap | None = None
    version: str = ""

    @property
    def ways(self) -> tuple[Direction, ...]:
        """Where what is pending goes."""
        return tuple(dict.fromkeys(field.way for field in self.fields if field.way))

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "qcontact_ticket_id": self.remote_id,
            "ticket_uid": self.ticket_uid,
            "standing": self.standing.value,
            "gap": self.gap.value if self.gap else None,
            "reason": self.reason,
            "fields": [
                {
                    "field": f.field,
                    "standing": f.standing.value,
                    "direction": f.way.value if f.way else None,
                    "fibreflow": f.local,
                    "qcontact": f.remote,
                    "reason": f.reason,
                }
                for f in self.fields
            ],
        }


def compare_ticket(
    remote: RemoteTicket, known: KnownTicket, holds: Holds, people: People, policy: Policy
) -> TicketComparison:
    """Compare a ticket that QContact has.

    Raises:
        RowHidden: FibreFlow's row may be there and is not seen.
    """
    decision = decide(remote, known, people, policy)
    if known.link is not None and known.local is not None:
        return _linked(remote, known, known.local, decision, holds, people, policy)
    if known.link is not None:
        reason = "deleted in FibreFlow: the sync does not create it again"
        return TicketComparison(remote.id, None, Standing.ONLY_QCONTACT, reason=reason)
    return _unlinked(remote, known, decision, holds, people)


def only_here(
    remote_id: RemoteId | None, ticket_uid: str | None, reason: str, version: str = ""
) -> TicketComparison:
    """A FibreFlow row that has no counterpart in QContact."""
    return TicketComparison(
        remote_id, ticket_uid, Standing.ONLY_FIBREFLOW, reason=reason, version=version
    )


def is_the_same(
    field: str, local: str | None, remote: str | None, people: People, policy: Policy
) -> bool:
    """Whether two values mean the same, or as much the same as the sides can.

    A status that QContact moves on to by itself means what the one before it meant. A name that
    no FibreFlow user has is the same as no assignee; where assignment is not sent, as any.
    """
    if field == STATUS:
        before = (a for a, b in policy.words.moves_on if b == status_key(remote))
        words = policy.words
        return is_same_status(local, remote, words) or any(
            is_same_status(local, word, words) for word in before
        )
    if field == ASSIGNED_TO:
        is_stranger = remote is not None and remote not in people.id_by_name
        has_no_other = local is None or not policy.sends_assignment
        return is_same_person(local, remote, people) or (is_stranger and has_no_other)
    mapped = to_local_owned(field, remote)
    return not mapped.fits or mapped.value == local


def _linked(
    remote: RemoteTicket,
    known: KnownTicket,
    local: LocalTicket,
    decision: TicketDecision,
    holds: Holds,
    people: People,
    policy: Policy,
) -> TicketComparison:
    base = known.linked.base.remote
    fields = [
        _field(d, local.values.get(d.field), remote, base.get(d.field), holds, people, policy)
        for d in decision.fields
    ]
    shown = [field for field in fields if field.standing is not Standing.SAME]
    if holds.is_pending and not any(field.way is Direction.OUTBOUND for field in shown):
        shown.append(_pending_note())
    standing, reason = _standing(shown), ""
    if not holds.is_listed and (shown or not is_terminal(local.values.get(STATUS))):
        standing = Standing.ONLY_FIBREFLOW
        reason = "QContact has the ticket and does not list it: it left the queue"
    return TicketComparison(
        remote.id,
        local.ticket_uid,
        standing,
        tuple(shown),
        reason,
        _gap(local, remote.values.get(STATUS, base.get(STATUS)), shown),
        known.version,
    )


def _field(
    decision: FieldDecision,
    here: str | None,
    remote: RemoteTicket,
    agreed: str | None,
    holds: Holds,
    people: People,
    policy: Policy,
) -> FieldComparison:
    name = decision.field
    there = remote.values.get(name, agreed)
    standing, reason, way = _verdict(decision, here, there, remote, holds, people, policy)
    return FieldComparison(
        name, standing, _shown(name, here, people), without_text(name, there), reason, way
    )


def _verdict(
    decision: FieldDecision,
    here: str | None,
    there: str | None,
    remote: RemoteTicket,
    holds: Holds,
    people: People,
    policy: Policy,
) -> tuple[Standing, str, Direction | None]:
    if decision.action is Action.TAKE:
        return _inbound(decision.reason, remote, holds)
    if decision.action is Action.SEND:
        return _outbound(decision, holds)
    if decision.action is Action.FREEZE:
        return Standing.WAITS, f"open conflict: {decision.reason}", None
    if is_the_same(decision.field, here, there, people, policy):
        return Standing.SAME, "", None
    return Standing.DIFFERS, "neither side changed since the sides were linked or agreed", None


def _inbound(
    reason: str, remote: RemoteTicket, holds: Holds
) -> tuple[Standing, str, Direction | None]:
    if holds.inbound:
        return Standing.WAITS, f"in quarantine, inbound: {holds.inbound}", None
    if _was_missed(remote, holds):
        return Standing.DIFFERS, "no run read this change: run --ticket-id brings it in", None
    return Standing.PENDING, reason, Direction.INBOUND


def _outbound(decision: FieldDecision, holds: Holds) -> tuple[Standing, str, Direction | None]:
    if decision.refusal:
        return Standing.WAITS, decision.refusal, None
    if holds.outbound and not holds.is_pending:
        return Standing.WAITS, f"in quarantine, outbound: {holds.outbound}", None
    return Standing.PENDING, decision.reason, Direction.OUTBOUND


def _was_missed(remote: RemoteTicket, holds: Holds) -> bool:
    until, changed = holds.settled_until, remote.updated_at
    return until is not None and changed is not None and changed < until - MARGIN


def _unlinked(
    remote: RemoteTicket,
    known: KnownTicket,
    decision: TicketDecision,
    holds: Holds,
    people: People,
) -> TicketComparison:
    local = known.unlinked[0] if known.unlinked else None
    standing, reason, _ = _inbound("", remote, holds)
    if local is None:
        word = "not created yet" if standing is Standing.PENDING else reason
        is_held = standing is Standing.WAITS
        standing = Standing.WAITS if is_held else Standing.ONLY_QCONTACT
        return TicketComparison(remote.id, None, standing, reason=word)
    fields = tuple(
        FieldComparison(
            c.field, Standing.DIFFERS, _shown(c.field, c.local, people), c.remote, c.reason
        )
        for c in decision.conflicts
    )
    word = reason or "not linked yet"
    gap = _gap(local, remote.values.get(STATUS), fields)
    return TicketComparison(remote.id, local.ticket_uid, standing, fields, word, gap)


_ORDER = (Standing.WAITS, Standing.DIFFERS, Standing.PENDING)


def _standing(fields: Sequence[FieldComparison]) -> Standing:
    """A ticket stands as its field that needs a person most."""
    found = {field.standing for field in fields}
    return next((standing for standing in _ORDER if standing in found), Standing.SAME)


def _gap(
    local: LocalTicket, remote_status: str | None, fields: Sequence[FieldComparison]
) -> Gap | None:
    if (STATUS, Standing.DIFFERS) not in [(f.field, f.standing) for f in fields]:
        return None
    translated = to_local_status(remote_status)
    if translated is None or is_terminal(translated) is is_terminal(local.values.get(STATUS)):
        return None
    return Gap.DONE_THERE if is_terminal(translated) else Gap.DONE_HERE


def _pending_note() -> FieldComparison:
    reason = "FibreFlow has a note to send"
    return FieldComparison(NOTE, Standing.PENDING, None, None, reason, Direction.OUTBOUND)


def _shown(field: str, value: str | None, people: People) -> str | None:
    if field == ASSIGNED_TO and value is not None:
        return people.name_by_id.get(value) or value
    return without_text(field, value)


def without_text(field: str, value: str | None) -> str | None:
    """A value to be shown; of a long text, which may name people, only its length."""
    if value is not None and field in _LONG_TEXTS:
        return f"({len(value)} characters)"
    return value
