"""Decides what to do with one ticket from (base, local, remote)."""

from collections.abc import Mapping

from qcontact_sync.core.comparison import gap_between
from qcontact_sync.core.decision import (
    MAX_FLIP_FLOPS,
    Adoption,
    Conflict,
    DecisionKind,
    TicketDecision,
)
from qcontact_sync.core.errors import RowHidden
from qcontact_sync.core.fingerprint import fingerprint
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.merge import (
    Action,
    FieldBase,
    FieldDecision,
    Policy,
    is_the_same,
    merge_assignment,
    merge_owned,
    merge_status,
)
from qcontact_sync.core.model import (
    ASSIGNED_TO,
    STATUS,
    TWO_WAY_FIELDS,
    Base,
    FlipFlop,
    KnownTicket,
    Link,
    LocalTicket,
    People,
    RemoteTicket,
)


def decide(
    remote: RemoteTicket,
    known: KnownTicket,
    people: People,
    policy: Policy,
    *,
    force: bool = False,
    version: str | None = None,
) -> TicketDecision:
    """Decide about one version of a remote ticket.

    Args:
        version: The fingerprint of the remote's values, if the caller has it.
        force: Take QContact's own fields even if they did not change in QContact (a repair).

    Raises:
        RowHidden: FibreFlow's row may be there and is not seen.
    """
    if known.is_hidden:
        raise RowHidden
    if known.link is not None and known.local is not None:
        merged = _merge(remote, known.link, known.local, people, policy, force=force)
        return merged._replace(digest=remote.digest) if merged.fingerprint == version else merged
    if known.link is not None:
        # The row was deleted in FibreFlow: creating it again would undo that.
        return _skip(remote, known.link, "deleted in FibreFlow")
    if known.unlinked:
        return _adopt(remote, version, known.unlinked, people, policy)
    created = _create(remote, version, people, policy.mapping)
    is_left = created.closes and not policy.creates_finished
    return created._replace(kind=DecisionKind.LEAVE, writes={}) if is_left else created


def _skip(remote: RemoteTicket, link: Link, reason: str) -> TicketDecision:
    return TicketDecision(
        remote, DecisionKind.SKIP, link.base, link.fingerprint, warnings=(reason,)
    )


def _create(
    remote: RemoteTicket, version: str | None, people: People, mapping: TicketMapping
) -> TicketDecision:
    writes, warnings = mapping.to_new_local(remote.values)
    status = mapping.to_local_status(remote.values.get(STATUS))
    if status is None:
        warnings.append(f"unknown status in QContact, treated as {mapping.status.on_create}")
    writes[STATUS] = status or mapping.status.on_create
    writes[ASSIGNED_TO] = people.id_by_name.get(remote.values.get(ASSIGNED_TO) or "")
    base = Base({STATUS: writes[STATUS], ASSIGNED_TO: writes[ASSIGNED_TO]}, remote.values)
    return TicketDecision(
        remote,
        DecisionKind.CREATE,
        base,
        version or fingerprint(base.remote),
        writes=writes,
        warnings=(*remote.warnings, *warnings),
        closes=mapping.is_terminal(status),
        digest=remote.digest,
    )


def _adopt(
    remote: RemoteTicket,
    version: str | None,
    rows: tuple[LocalTicket, ...],
    people: People,
    policy: Policy,
) -> TicketDecision:
    """Link an existing row; two-way fields stay as they are on both sides."""
    local, *others = rows
    owned = _owned_decisions(remote, {}, local, policy.mapping, force=False)
    base = Base({name: local.values.get(name) for name in TWO_WAY_FIELDS}, remote.values)
    conflicts = _differences(remote, local, people, policy)
    return TicketDecision(
        remote,
        DecisionKind.ADOPT,
        base,
        version or fingerprint(base.remote),
        local=local,
        writes=_taken(owned),
        conflicts=conflicts,
        warnings=(
            *remote.warnings,
            *(d.warning for d in owned if d.warning),
            *(f"{row.ticket_uid} has the same QContact id, left unlinked" for row in others),
        ),
        adoption=_adoption(conflicts, policy.mapping),
        duplicates=len(others),
        digest=remote.digest,
    )


def _adoption(conflicts: tuple[Conflict, ...], mapping: TicketMapping) -> Adoption:
    if not conflicts:
        return Adoption.AGREE
    statuses = ((c.local, c.remote) for c in conflicts if c.field == STATUS)
    gap = next((gap_between(here, there, mapping) for here, there in statuses), None)
    return Adoption(gap.value) if gap else Adoption.DIFFER


def _differences(
    remote: RemoteTicket, local: LocalTicket, people: People, policy: Policy
) -> tuple[Conflict, ...]:
    here, there = local.values, remote.values
    reason = "differed when the ticket was linked"
    return tuple(
        Conflict(name, False, here.get(name), there[name], None, reason)
        for name in TWO_WAY_FIELDS
        if name in there and not is_the_same(name, here.get(name), there[name], people, policy)
    )


def _merge(
    remote: RemoteTicket,
    link: Link,
    local: LocalTicket,
    people: People,
    policy: Policy,
    *,
    force: bool,
) -> TicketDecision:
    two_way = _two_way_decisions(remote, link, local, people, policy)
    mapping, is_terminal = policy.mapping, policy.mapping.is_terminal
    owned = _owned_decisions(remote, link.base.remote, local, mapping, force=force)
    fields = (*two_way, *owned)
    moved = tuple(d for d in fields if d.action is not Action.KEEP)
    writes = _taken(moved)
    base = _agreed_base(_mapped_base(link.base, mapping), moved)
    conflicts = _conflicts(moved, link.frozen, local)
    agreed = _thawed(two_way, link.frozen)
    is_settled = base == link.base and not conflicts and not agreed
    kind = (
        DecisionKind.UPDATE if writes else DecisionKind.SKIP if is_settled else DecisionKind.RELINK
    )
    was_terminal = is_terminal(local.values.get(STATUS))
    return TicketDecision(
        remote,
        kind,
        base,
        link.fingerprint if base is link.base else fingerprint(base.remote),
        local=local,
        writes=writes,
        sends={d.field: d.remote for d in moved if d.action is Action.SEND and not d.refusal},
        fields=fields,
        conflicts=conflicts,
        agreed=agreed,
        frozen=tuple(d.field for d in moved if d.action is Action.FREEZE),
        flip_flops=_flip_flops(link, two_way, agreed),
        warnings=(*remote.warnings, *(d.warning for d in moved if d.warning)),
        closes=STATUS in writes and is_terminal(writes[STATUS]),
        reopens=STATUS in writes and was_terminal and not is_terminal(writes[STATUS]),
    )


def _two_way_decisions(
    remote: RemoteTicket, link: Link, local: LocalTicket, people: People, policy: Policy
) -> tuple[FieldDecision, ...]:
    """Decide the two-way fields; a field that the answer leaves out has not changed there."""
    decisions = []
    for name in TWO_WAY_FIELDS:
        base = FieldBase(link.base.local.get(name), link.base.remote.get(name))
        here, there = local.values.get(name), remote.values.get(name, base.remote)
        decision = (
            merge_status(base, here, there, policy)
            if name == STATUS
            else merge_assignment(base, here, there, people, policy)
        )
        if name in link.frozen and not _ends_freeze(decision, policy):
            decision = _frozen(decision, here, there, "open conflict, needs a decision")
        elif _is_undone_again(decision, link.flip_flops.get(name)):
            decision = _frozen(decision, here, there, "both sides keep reverting each other")
        decisions.append(decision)
    return tuple(decisions)


def _frozen(
    decision: FieldDecision, here: str | None, there: str | None, reason: str
) -> FieldDecision:
    return FieldDecision(decision.field, Action.FREEZE, here, there, reason=reason)


def _is_undone_again(decision: FieldDecision, flip_flop: FlipFlop | None) -> bool:
    if flip_flop is None or decision.action not in (Action.TAKE, Action.SEND):
        return False
    return flip_flop.after(decision.local).count > MAX_FLIP_FLOPS


def _ends_freeze(decision: FieldDecision, policy: Policy) -> bool:
    if decision.action in (Action.KEEP, Action.AGREE):
        return not decision.is_unknown
    is_followed = policy.reopen == "follow" and decision.field == STATUS
    return is_followed and decision.action is Action.TAKE


def _owned_decisions(
    remote: RemoteTicket,
    base: Mapping[str, str | None],
    local: LocalTicket,
    mapping: TicketMapping,
    *,
    force: bool,
) -> tuple[FieldDecision, ...]:
    return tuple(
        merge_owned(name, base, local.values.get(name), remote.values[name], mapping, force=force)
        for name in mapping.owned_fields
        if name in remote.values
    )


def _taken(fields: tuple[FieldDecision, ...]) -> dict[str, str | None]:
    return {d.field: d.local for d in fields if d.action is Action.TAKE}


def _mapped_base(base: Base, mapping: TicketMapping) -> Base:
    """The base without columns that the mapping does not name any more."""
    if base.remote.keys() <= mapping.known_fields:
        return base
    known = {name: value for name, value in base.remote.items() if name in mapping.known_fields}
    return Base(base.local, known)


def _agreed_base(base: Base, fields: tuple[FieldDecision, ...]) -> Base:
    agreed = [d for d in fields if d.action in (Action.AGREE, Action.TAKE)]
    if not agreed:
        return base
    return Base(
        {**base.local, **{d.field: d.local for d in agreed if d.field in TWO_WAY_FIELDS}},
        {**base.remote, **{d.field: d.remote for d in agreed}},
    )


def _conflicts(
    fields: tuple[FieldDecision, ...], frozen: frozenset[str], local: LocalTicket
) -> tuple[Conflict, ...]:
    """New conflicts; those that FibreFlow's side wins are recorded when they are sent."""
    here = local.values
    return tuple(
        Conflict(d.field, d.action is Action.FREEZE, here.get(d.field), d.remote, d.loser, d.reason)
        for d in fields
        if (d.action is Action.FREEZE and d.field not in frozen)
        or (d.action is not Action.SEND and d.loser)
    )


def _flip_flops(
    link: Link, fields: tuple[FieldDecision, ...], thawed: tuple[str, ...]
) -> Mapping[str, FlipFlop]:
    """The record of the sync's own writes; a field that is no longer frozen starts from zero."""
    taken = [d for d in fields if d.action is Action.TAKE]
    kept = {name: known for name, known in link.flip_flops.items() if name not in thawed}
    return {**kept, **{d.field: flip_flop_of(link, d.field).after(d.local) for d in taken}}


def flip_flop_of(link: Link, field: str) -> FlipFlop:
    """The record of the sync's writes to a field; at first both values are the agreed one."""
    agreed = link.base.local.get(field)
    return link.flip_flops.get(field, FlipFlop(agreed, agreed))


def _thawed(fields: tuple[FieldDecision, ...], frozen: frozenset[str]) -> tuple[str, ...]:
    return tuple(d.field for d in fields if d.field in frozen and d.action is not Action.FREEZE)
