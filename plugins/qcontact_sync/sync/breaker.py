"""A circuit breaker that tells failures of one ticket from failures of QContact."""

from qcontact_sync.core.errors import (
    ErrorCode,
    FatalError,
    LeaseLost,
    RetryableError,
    SyncError,
    TicketError,
)
from qcontact_sync.core.model import KnownTicket

REFUSALS_THAT_STOP = 3
FAILURES_THAT_STOP = 5
_MAYBE_THE_TICKETS = frozenset(
    {
        ErrorCode.SERVER_ERROR,
        ErrorCode.NETWORK_ERROR,
        ErrorCode.TIMEOUT,
        ErrorCode.PARSE_ERROR,
        ErrorCode.UNKNOWN_ERROR,
    }
)
Held = tuple[KnownTicket, SyncError]


class Breaker:
    """Holds back failures with an unclear cause until other tickets pass, or too many have failed.

    Attributes:
        may_write: QContact has accepted a write of this account.
        failures: Number of failures so far that QContact itself may have caused.
    """

    def __init__(self) -> None:
        self.may_write = False
        self.failures = 0
        self._refused: list[Held] = []
        self._unreachable: list[tuple[int, Held]] = []

    def is_suspect(self, error: SyncError) -> bool:
        """Whether this failure alone does not show its cause: the ticket, or QContact."""
        if isinstance(error, TicketError):
            return error.code is ErrorCode.AUTHORIZATION_ERROR and not self.may_write
        is_passing = isinstance(error, RetryableError) and not isinstance(error, LeaseLost)
        return is_passing and error.code in _MAYBE_THE_TICKETS

    def hold(self, ticket: KnownTicket, error: SyncError) -> None:
        """Hold a failure back until its cause is known."""
        if isinstance(error, TicketError):
            self._refused.append((ticket, error))
            return
        self.failures += 1
        self._unreachable.append((self.failures, (ticket, error)))

    def refusal(self) -> FatalError | None:
        """The error to raise if the first writes were all refused: the account may not write."""
        if len(self._refused) < REFUSALS_THAT_STOP:
            return None
        return FatalError(
            "QContact refused the first writes: this account may read but not write; "
            "give it the right, or set QCONTACT_SYNC_DIRECTION=inbound",
            ErrorCode.AUTHORIZATION_ERROR,
        )

    @property
    def is_open(self) -> bool:
        """Whether so many failed in a row that QContact must be the cause."""
        return len(self._unreachable) >= FAILURES_THAT_STOP

    def write_accepted(self) -> None:
        """The account may write: later refusals concern single tickets."""
        self.may_write = True

    def ticket_passed(self, failures_before: int) -> list[Held]:
        """QContact works: return the failures that the tickets themselves must have caused.

        Args:
            failures_before: ``failures`` as it was when the ticket that passed was begun. Later
                failures may have another cause: QContact may have gone down after this ticket.
        """
        own = [held for number, held in self._unreachable if number <= failures_before]
        self._unreachable = [held for held in self._unreachable if held[0] > failures_before]
        if self.may_write:
            own, self._refused = own + self._refused, []
        return own

    def take_all(self) -> list[Held]:
        """Return everything that was held back, and hold nothing any more."""
        held = self._refused + [held for _, held in self._unreachable]
        self._refused, self._unreachable = [], []
        return held
