"""Separates what one row raises in FibreFlow's database from what every row, or no row, raises."""

from collections.abc import Sequence

from qcontact_sync.core.errors import (
    FatalError,
    RetryableError,
    RowRefused,
    StatementEnded,
    StatementFailed,
    SyncError,
)
from qcontact_sync.core.model import Direction, KnownTicket
from qcontact_sync.sync.breaker import Suspect
from qcontact_sync.sync.context import Work

ROWS_THAT_STOP = 5


class RowFaults:
    """Decides about errors that a single row raised, with no other row beside it.

    Attributes:
        has_passed: Another ticket was written in this pass.
    """

    def __init__(self, work: Work, direction: Direction) -> None:
        self._work = work
        self._direction = direction
        self._refused = 0
        self._suspects: list[tuple[KnownTicket, StatementEnded, RowRefused]] = []
        self.has_passed = False

    async def blame(self, error: StatementFailed | StatementEnded) -> RowRefused:
        """What the error means for the ticket whose row raised it.

        Raises:
            SyncError: The statement itself fails, or it fails for every row so far.
        """
        try:
            async with self._work.unit(self._direction) as unit:
                await unit.tickets.write_nothing()
        except StatementFailed as own:
            raise FatalError(str(own), own.code) from own
        self._refused += 1
        if self._refused >= ROWS_THAT_STOP and not self.has_passed:
            raise _of_all(error) from error
        return RowRefused(error.reason if isinstance(error, StatementFailed) else str(error))

    async def blame_or_suspect(
        self, ticket: KnownTicket, error: StatementFailed | StatementEnded
    ) -> Sequence[Suspect]:
        """The same; what may pass is kept until it is known whether other tickets pass."""
        refused = await self.blame(error)
        if isinstance(error, StatementFailed):
            return [(ticket, refused)]
        self._suspects.append((ticket, error, refused))
        return ()

    def take_suspects(self) -> Sequence[Suspect]:
        """What was kept.

        Raises:
            StatementEnded: No other ticket passed.
        """
        suspects, self._suspects = self._suspects, []
        if suspects and not self.has_passed:
            raise suspects[0][1]
        return [(ticket, refused) for ticket, _, refused in suspects]


def _of_all(error: StatementFailed | StatementEnded) -> SyncError:
    if isinstance(error, StatementFailed):
        return FatalError(str(error), error.code)
    return RetryableError(str(error), error.code)
