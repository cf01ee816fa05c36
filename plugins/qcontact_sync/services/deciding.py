"""Who decides, as it is stored beside the decision, and the lease that a decision needs."""

import asyncio
import os
import pwd
from contextlib import AsyncExitStack

from qcontact_sync.core.canon import printable
from qcontact_sync.core.errors import RunActive
from qcontact_sync.core.store_ports import Leases
from qcontact_sync.services.wiring import SystemClock
from qcontact_sync.sync.leases import ActiveLease, hold_lease

LONGEST = 200


def person(named: str | None) -> str:
    """A name on one line; of none the user that this process runs as.

    The user is looked up by its number: variables such as USER can be set to anything.
    """
    return printable(named or _own_user()).strip()[:LONGEST] or "unknown"


def _own_user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


async def acquire_lease(
    stack: AsyncExitStack, leases: Leases, account: str, patience_s: float | None
) -> ActiveLease:
    """The account's lease for as long as the stack is open.

    Args:
        patience_s: How long to wait for a run that is at work; None for as long as it takes.

    Raises:
        RunActive: A run did not end within ``patience_s``.
    """
    try:
        async with asyncio.timeout(patience_s):
            return await stack.enter_async_context(hold_lease(leases, account, SystemClock()))
    except TimeoutError:
        raise RunActive from None
