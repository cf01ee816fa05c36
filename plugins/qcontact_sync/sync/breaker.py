"""Telling one ticket's trouble from QContact's: a circuit breaker that knows what tripped it."""

from qcontact_sync.core.errors import (
    ErrorCode,
    FatalError,
    LeaseLost,
    RetryableError,
    SyncError,
    TicketError,
)
from qcontact_sync.core.store_ports import OutboundPair

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
Held = tuple[OutboundPair, SyncError]


class Breaker:
    """Holds back failures that may be a ticket's own until others pass, or too many have failed.

    Attributes:
        may_write: QContact has accepted a write of this account.
        failures: How many failures that may be QContact's own there were.
    """

    def __init__(self) -> None:
        self.may_write = False
        self.failures = 0
        self._refused: list[Held] = []
        self._unreachable: list[tuple[int, Held]] = []

    def is_suspect(self, error: SyncError) -> bool:
        """Whether it cannot be told from this failure alone whose trouble it is."""
        if isinstance(error, TicketError):
            return error.code is ErrorCode.AUTHORIZATION_ERROR and not self.may_write
        is_passing = isinstance(error, RetryableError) and not isinstance(error, LeaseLost)
        return is_passing and error.code in _MAYBE_THE_TICKETS

    def hold(self, pair: OutboundPair, error: SyncError) -> None:
        """Keep a failure back until it is known whose it is."""
        if isinstance(error, TicketError):
            self._refused.append((pair, error))
            return
        self.failures += 1
        self._unreachable.append((self.failures, (pair, error)))

    def refusal(self) -> FatalError | None:
        """What to say where the first writes were all refused: nothing of it is the tickets'."""
        if len(self._refused) < REFUSALS_THAT_STOP:
            return None
        return FatalError(
            "QContact refused the first writes: this account may read but not write; "
            "give it the right, or set QCONTACT_SYNC_DIRECTION=inbound",
            ErrorCode.AUTHORIZATION_ERROR,
        )

    @property
    def is_open(self) -> bool:
        """Whether so many failed, and nothing passed between, that going on is of no use."""
        return len(self._unreachable) >= FAILURES_THAT_STOP

    def write_accepted(self) -> None:
        """The account may write: what is refused from now on is the tickets' own trouble."""
        self.may_write = True

    def ticket_passed(self, failures_before: int) -> list[Held]:
        """QContact is well: the failures held back that are the tickets' own after all.

        Args:
            failures_before: What ``failures`` was when the ticket's turn began. What failed since
                then may have failed because QContact went down behind this ticket.
        """
        own = [held for number, held in self._unreachable if number <= failures_before]
        self._unreachable = [held for held in self._unreachable if held[0] > failures_before]
        if self.may_write:
            own, self._refused = own + self._refused, []
        return own

    def take_all(self) -> list[Held]:
        """Everything held back; nothing is any more."""
        held = self._refused + [held for _, held in self._unreachable]
        self._refused, self._unreachable = [], []
        return held
