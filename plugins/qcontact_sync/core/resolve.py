"""Turns a person's decision about a frozen field into a decision about the ticket."""

from dataclasses import replace

from qcontact_sync.core.decide import decide
from qcontact_sync.core.decision import DecisionKind, TicketDecision
from qcontact_sync.core.errors import ErrorCode, TicketError
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.merge import Policy
from qcontact_sync.core.model import (
    STATUS,
    Base,
    KnownTicket,
    Link,
    LocalTicket,
    People,
    RemoteTicket,
)


def resolve(
    field: str,
    keep: str,
    link: Link,
    local: LocalTicket,
    remote: RemoteTicket,
    people: People,
    policy: Policy,
) -> TicketDecision:
    """End a field's open conflict so that the side that is kept wins.

    Args:
        keep: ``remote``: QContact's value is written now; ``local``: FibreFlow's value counts as
            an edit made after QContact's, and the next run sends it.
        remote: The ticket as QContact has it now.

    Raises:
        TicketError: QContact's value has no counterpart here, so it cannot be kept.
    """
    there = remote.values.get(field, link.base.remote.get(field))
    translated = _translated(field, there, people, policy.mapping)
    if keep == "remote" and translated is None and there is not None:
        raise TicketError(
            f"QContact's {field} has no counterpart in FibreFlow: keep local, or change it there",
            ErrorCode.VALIDATION_ERROR,
            field=field,
        )
    half = translated
    if keep == "local" and half == local.values.get(field):
        # An unknown name translates to None. If None is also what is kept, only the old base shows
        # that there is an edit.
        half = link.base.local.get(field)
    base = Base(
        {**link.base.local, field: half},
        {**link.base.remote, field: there},
    )
    # This field's flip-flops are counted anew from now on.
    flip_flops = {name: known for name, known in link.flip_flops.items() if name != field}
    thawed = replace(link, base=base, frozen=link.frozen - {field}, flip_flops=flip_flops)
    kept = replace(local, values={**local.values, field: translated})
    known = KnownTicket(thawed, kept if keep == "remote" else local)
    decision = decide(remote, known, people, policy)
    if keep == "local":
        return (
            decision
            if decision.kind is not DecisionKind.SKIP
            else decision._replace(kind=DecisionKind.RELINK)
        )
    is_terminal = policy.mapping.is_terminal
    is_reopened = field == STATUS and is_terminal(local.values.get(STATUS))
    ends = is_terminal(translated)
    return decision._replace(
        kind=DecisionKind.UPDATE,
        local=local,
        writes={**decision.writes, field: translated},
        closes=field == STATUS and ends,
        reopens=is_reopened and not ends,
    )


def _translated(
    field: str, there: str | None, people: People, mapping: TicketMapping
) -> str | None:
    if field == STATUS:
        return mapping.to_local_status(there)
    return people.id_by_name.get(there) if there is not None else None
