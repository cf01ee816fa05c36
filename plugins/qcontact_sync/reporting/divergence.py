"""Whether a pair of tickets differs although the sync has no reason recorded for it."""

from datetime import datetime

from qcontact_sync.core.columns import Flow
from qcontact_sync.core.compare import was_missed
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.model import Link, LocalTicket, RemoteTicket


def diverges(
    remote: RemoteTicket,
    link: Link,
    local: LocalTicket,
    settled_until: datetime | None,
    mapping: TicketMapping,
) -> bool:
    """Whether a change was missed, or one of QContact's own fields was changed in FibreFlow.

    A difference that the next run will process does not count: a two-way field that FibreFlow
    changed is pending, and a recent change in QContact has not been read yet. Nor does a difference
    that the sides were linked with, or a value without a counterpart: a comparison (`core.compare`)
    lists these too.

    Args:
        remote: Its present values.
        settled_until: As in `was_missed`.
    """
    has_moved = any(link.base.remote.get(name) != value for name, value in remote.values.items())
    is_missed = has_moved and was_missed(remote, settled_until)
    return is_missed or _has_drifted(remote, link, local, mapping)


def _has_drifted(
    remote: RemoteTicket, link: Link, local: LocalTicket, mapping: TicketMapping
) -> bool:
    base = link.base.remote
    return any(
        mapped.fits and mapped.value != local.values.get(name)
        for name in mapping.owned_fields
        if mapping.flow(name) is Flow.INBOUND
        and name in base
        and name in remote.values
        and base[name] == remote.values[name]
        for mapped in (mapping.to_local_owned(name, base[name]),)
    )
