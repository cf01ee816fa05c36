"""Whether a pair of tickets differs although the sync has no reason recorded for it."""

from datetime import datetime, timedelta

from qcontact_sync.core.columns import Flow
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
    changed is pending, and a recent change in QContact has not been read yet.

    Args:
        remote: Its present values.
        settled_until: The sync has processed every QContact change before this time; None if it
            has no cursor yet.
    """
    return _was_missed(remote, link, settled_until) or _has_drifted(remote, link, local, mapping)


def _was_missed(remote: RemoteTicket, link: Link, settled_until: datetime | None) -> bool:
    base = link.base.remote
    has_moved = any(base.get(name) != value for name, value in remote.values.items())
    if not has_moved or settled_until is None or remote.updated_at is None:
        return False
    return remote.updated_at < settled_until - timedelta(hours=1)


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
