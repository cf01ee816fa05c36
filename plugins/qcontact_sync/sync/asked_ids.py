"""The ids that a run was asked for: at least one of them must exist."""

from collections.abc import Sequence

from qcontact_sync.core.canon import printable
from qcontact_sync.core.errors import ErrorCode, SyncError
from qcontact_sync.core.model import RemoteId
from qcontact_sync.core.ports import TicketAccess
from qcontact_sync.core.request import ParamError
from qcontact_sync.core.store_ports import Store
from qcontact_sync.sync.single_reads import read_each

_AT_ONCE = 20
_NAMED = 5


async def require_known(store: Store, remote: TicketAccess, given: Sequence[str]) -> None:
    """Refuse ids of which neither FibreFlow nor QContact has a single one.

    Where QContact cannot be asked, the run itself reports why.

    Raises:
        ParamError: Names the ids.
    """
    if not given or await store.resolve_ids(given):
        return
    for start in range(0, len(given), _AT_ONCE):
        try:
            some = [RemoteId(i) for i in given[start : start + _AT_ONCE]]
            reads = await read_each(remote, some)
        except SyncError:
            return
        if any(error.code is not ErrorCode.NOT_FOUND for _, error in reads.refused):
            return
        if len(reads.refused) < reads.done:
            return
    named = ", ".join(printable(i[:60]) for i in given[:_NAMED])
    more = f" and {len(given) - _NAMED} more" if len(given) > _NAMED else ""
    raise ParamError(f"ticket_ids: neither FibreFlow nor QContact has {named}{more}")
