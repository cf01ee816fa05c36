"""Compares both sides of one ticket.

The judgement is `core.decide`'s, so that a comparison never says anything else than the next run
would do.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from qcontact_sync.core.comparison import (
    NOTE,
    FieldComparison,
    Gap,
    RecordedState,
    Standing,
    TicketComparison,
    gap_between,
    without_text,
)
from qcontact_sync.core.decide import decide
from qcontact_sync.core.decision import DecisionKind, TicketDecision
from qcontact_sync.core.merge import Action, FieldDecision, Policy, is_the_same
from qcontact_sync.core.model import (
    ASSIGNED_TO,
    STATUS,
    TWO_WAY_FIELDS,
    Direction,
    KnownTicket,
    LocalTicket,
    People,
    RemoteTicket,
)

_MARGIN = timedelta(hours=1)


def compare_ticket(
    remote: RemoteTicket,
    known: KnownTicket,
    recorded: RecordedState,
    people: People,
    policy: Policy,
) -> TicketComparison:
    """Compare a ticket that QContact has.

    Raises:
        RowHidden: FibreFlow's row may be there and is not seen.
    """
    if known.link is not None and known.local is not None:
        is_settled = _is_settled(remote, known, known.local, people, policy)
        decided = () if is_settled else decide(remote, known, people, policy).fields
        return _linked(remote, known, known.local, decided, recorded, people, policy)
    decision = decide(remote, known, people, policy)
    if known.link is not None:
        reason = "deleted in FibreFlow: the sync does not create it again"
        return TicketComparison(remote.id, None, Standing.ONLY_QCONTACT, reason=reason)
    return _unlinked(remote, known, decision, recorded, people, policy)


def _is_settled(
    remote: RemoteTicket, known: KnownTicket, local: LocalTicket, people: People, policy: Policy
) -> bool:
    """Whether neither side changed since they agreed and every value means the same: most tickets,
    and nothing is left to decide.
    """
    base, here, there = known.linked.base, local.values, remote.values
    return (
        not (known.is_hidden or known.linked.frozen)
        and there == base.remote
        and all(here.get(name) == base.local.get(name) for name in TWO_WAY_FIELDS)
        # An answer may leave fields out, even these.
        and all(
            is_the_same(name, here.get(name), there.get(name), people, policy)
            for name in (*TWO_WAY_FIELDS, *there)
        )
    )


def _linked(
    remote: RemoteTicket,
    known: KnownTicket,
    local: LocalTicket,
    decided: Sequence[FieldDecision],
    recorded: RecordedState,
    people: People,
    policy: Policy,
) -> TicketComparison:
    base = known.linked.base.remote
    fields = [
        _field(d, local.values.get(d.field), remote, base.get(d.field), recorded, people, policy)
        for d in decided
    ]
    shown = [field for field in fields if field.standing is not Standing.SAME]
    if recorded.is_pending and not any(field.way is Direction.OUTBOUND for field in shown):
        shown.append(_pending_note())
    standing, reason = _standing(shown), ""
    if not recorded.is_listed and (
        shown or not policy.mapping.is_terminal(local.values.get(STATUS))
    ):
        standing = Standing.ONLY_FIBREFLOW
        reason = "QContact has the ticket and does not list it: it left the queue"
    return TicketComparison(
        remote.id,
        local.ticket_uid,
        standing,
        tuple(shown),
        reason,
        _gap(local, remote.values.get(STATUS, base.get(STATUS)), shown, policy),
        known.version,
    )


def _field(
    decision: FieldDecision,
    here: str | None,
    remote: RemoteTicket,
    agreed: str | None,
    recorded: RecordedState,
    people: People,
    policy: Policy,
) -> FieldComparison:
    name = decision.field
    there = remote.values.get(name, agreed)
    standing, reason, way = _verdict(decision, here, there, remote, recorded, people, policy)
    return FieldComparison(
        name, standing, _shown(name, here, people), without_text(name, there), reason, way
    )


def _verdict(
    decision: FieldDecision,
    here: str | None,
    there: str | None,
    remote: RemoteTicket,
    recorded: RecordedState,
    people: People,
    policy: Policy,
) -> tuple[Standing, str, Direction | None]:
    if decision.action is Action.TAKE:
        return _inbound(decision.reason, remote, recorded)
    if decision.action is Action.SEND:
        return _outbound(decision, recorded)
    if decision.action is Action.FREEZE:
        return Standing.WAITS, f"open conflict: {decision.reason}", None
    if is_the_same(decision.field, here, there, people, policy):
        return Standing.SAME, "", None
    return Standing.DIFFERS, _why_it_stays(decision.field, there, people, policy), None


def _why_it_stays(field: str, there: str | None, people: People, policy: Policy) -> str:
    """Why a difference stays that nothing carries over."""
    is_word = field == STATUS and policy.mapping.to_local_status(there) is None
    is_stranger = field == ASSIGNED_TO and there is not None and there not in people.id_by_name
    if is_word or is_stranger:
        return "QContact's value has no counterpart in FibreFlow"
    return "neither side changed since the sides were linked or agreed"


def _inbound(
    reason: str, remote: RemoteTicket, recorded: RecordedState
) -> tuple[Standing, str, Direction | None]:
    if recorded.inbound:
        return Standing.WAITS, f"in quarantine, inbound: {recorded.inbound}", None
    if was_missed(remote, recorded.settled_until):
        return Standing.DIFFERS, "no run read this change: run --ticket-id brings it in", None
    return Standing.PENDING, reason, Direction.INBOUND


def _outbound(
    decision: FieldDecision, recorded: RecordedState
) -> tuple[Standing, str, Direction | None]:
    if decision.refusal:
        return Standing.WAITS, decision.refusal, None
    if recorded.outbound and not recorded.is_pending:
        return Standing.WAITS, f"in quarantine, outbound: {recorded.outbound}", None
    return Standing.PENDING, decision.reason, Direction.OUTBOUND


def was_missed(remote: RemoteTicket, settled_until: datetime | None) -> bool:
    """Whether a change in QContact is too old for later runs to read it by themselves.

    Args:
        remote: A ticket whose values there are not those that were last agreed.
        settled_until: The sync has processed every QContact change before this time; None if it
            has no cursor yet.
    """
    changed = remote.updated_at
    return settled_until is not None and changed is not None and changed < settled_until - _MARGIN


def _unlinked(
    remote: RemoteTicket,
    known: KnownTicket,
    decision: TicketDecision,
    recorded: RecordedState,
    people: People,
    policy: Policy,
) -> TicketComparison:
    if decision.kind is DecisionKind.LEAVE:
        reason = "done in QContact when it was first seen: not created here"
        return TicketComparison(remote.id, None, Standing.SAME, reason=reason)
    local = known.unlinked[0] if known.unlinked else None
    standing, reason, _ = _inbound("", remote, recorded)
    if local is None:
        word = "not created yet" if standing is Standing.PENDING else reason
        waits = standing is Standing.WAITS
        standing = Standing.WAITS if waits else Standing.ONLY_QCONTACT
        return TicketComparison(remote.id, None, standing, reason=word)
    fields = tuple(
        FieldComparison(
            c.field, Standing.DIFFERS, _shown(c.field, c.local, people), c.remote, c.reason
        )
        for c in decision.conflicts
    )
    word = reason or "not linked yet"
    gap = _gap(local, remote.values.get(STATUS), fields, policy)
    return TicketComparison(remote.id, local.ticket_uid, standing, fields, word, gap)


_ORDER = (Standing.WAITS, Standing.DIFFERS, Standing.PENDING)


def _standing(fields: Sequence[FieldComparison]) -> Standing:
    """A ticket has the standing of its field that most needs a user."""
    found = {field.standing for field in fields}
    return next((standing for standing in _ORDER if standing in found), Standing.SAME)


def _gap(
    local: LocalTicket,
    remote_status: str | None,
    fields: Sequence[FieldComparison],
    policy: Policy,
) -> Gap | None:
    if (STATUS, Standing.DIFFERS) not in [(f.field, f.standing) for f in fields]:
        return None
    return gap_between(local.values.get(STATUS), remote_status, policy.mapping)


def _pending_note() -> FieldComparison:
    reason = "FibreFlow has a note to send"
    return FieldComparison(NOTE, Standing.PENDING, None, None, reason, Direction.OUTBOUND)


def _shown(field: str, value: str | None, people: People) -> str | None:
    if field == ASSIGNED_TO and value is not None:
        return people.name_by_id.get(value) or value
    return without_text(field, value)
