"""Failed attempts, counted per client address in bounded memory.

Only the answer to a failed attempt depends on the count: the right secret is never locked out,
also if other callers fail from the same address. Each worker process of the API server counts
separately.
"""

import time
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from cachetools import TTLCache

ALLOWED = 10
WINDOW_S = 60.0
ADDRESSES = 4096
_IPV6_NETWORK = 64  # one customer has at least this many addresses to choose from


@dataclass(slots=True)
class _Count:
    until: float
    attempts: int = 0


class FailedAttempts:
    """The recent failed attempts by address."""

    def __init__(self) -> None:
        self._counts: TTLCache[str, _Count] = TTLCache(ADDRESSES, WINDOW_S, time.monotonic)

    def note(self, address: str) -> int | None:
        """Count one more; if there are too many, return the seconds until the count restarts."""
        network = _network(address)
        count = self._counts.get(network)
        if count is None:
            count = self._counts[network] = _Count(time.monotonic() + WINDOW_S)
        count.attempts += 1
        if count.attempts <= ALLOWED:
            return None
        return max(1, round(count.until - time.monotonic()))


def _network(address: str) -> str:
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return address
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(int(known) >> (128 - _IPV6_NETWORK))
