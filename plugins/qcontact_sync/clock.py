"""The machine's own time; everything else takes a `core.ports.Clock`."""

import time
from datetime import UTC, datetime


class SystemClock:
    """`core.ports.Clock` for real runs."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never step back."""
        return time.monotonic()
