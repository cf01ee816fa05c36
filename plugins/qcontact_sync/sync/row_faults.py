"""Telling what one row raises in FibreFlow's database from what every row, or no row, raises."""

from qcontact_sync.core.errors import FatalError, RowRefused, StatementFailed
from qcontact_sync.core.model import Direction
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
        self.has_passed = False

    async def blame(self, error: StatementFailed) -> RowRefused:
        """What the error means for the ticket whose row raised it.

        Raises:
            FatalError: The statement itself fails, or it fails for every row so far.
        """
        try:
            async with self._work.unit(self._direction) as unit:
                await unit.tickets.write_nothing()
        except StatementFailed as own:
            raise FatalError(str(own), own.code) from own
        self._refused += 1
        if self._refused >= ROWS_THAT_STOP and not self.has_passed:
            raise FatalError(str(error), error.code) from error
        return RowRefused(error.reason)
