"""A circuit breaker that separates failures of one ticket from failures of QContact."""

from collections import Counter
from collections.abc import Collection, Sequence

from qcontact_sync.core.errors import (
    ErrorCode,
    FatalError,
    LeaseLost,
    RetryableError,
    SyncError,
    TicketError,
)
from qcontact_sync.core.model import KnownTicket, SyncType

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
_SHOWN = {
    SyncType.STATUS_UPDATE: "change statuses",
    SyncType.ASSIGNMENT: "assign tickets",
    SyncType.NOTE_ADD: "add notes",
}
Suspect = tuple[KnownTicket, SyncError]


class NotAllowed(TicketError):
    """QContact refused the first writes of these kinds: this run sends no more of them."""

    def __init__(self, kinds: Collection[SyncType]) -> None:
        super().__init__(
            "this account may not do that", ErrorCode.AUTHORIZATION_ERROR, writes=tuple(kinds)
        )


class Breaker:
    """Keeps failures with an unclear cause until other tickets pass, or too many have failed.

    Rights differ by kind of write: an account may add notes and not change statuses.

    Attributes:
        accepted: Kinds of write that QContact has accepted from this account.
        stopped: Kinds whose first writes were all refused: the account may not do that.
        failures: Number of failures so far that QContact itself may have caused.
    """

    def __init__(self) -> None:
        self.accepted: set[SyncType] = set()
        self.stopped: set[SyncType] = set()
        self.failures = 0
        self._refusals: Counter[SyncType] = Counter()
        self._refused: list[tuple[KnownTicket, TicketError]] = []
        self._unreachable: list[tuple[int, Suspect]] = []

    def is_suspect(self, error: SyncError) -> bool:
        """Whether this failure alone does not show its cause: the ticket, or QContact."""
        if isinstance(error, TicketError):
            is_refusal = error.code is ErrorCode.AUTHORIZATION_ERROR and bool(error.writes)
            return is_refusal and not self.accepted.issuperset(error.writes)
        is_passing = isinstance(error, RetryableError) and not isinstance(error, LeaseLost)
        return is_passing and error.code in _MAYBE_THE_TICKETS

    def suspect(self, ticket: KnownTicket, error: SyncError) -> None:
        """Keep a failure until its cause is known."""
        if not isinstance(error, TicketError):
            self.failures += 1
            self._unreachable.append((self.failures, (ticket, error)))
            return
        self._refused.append((ticket, error))

    def write_refused(self, kinds: Collection[SyncType]) -> None:
        """The account may not do this; of several kinds together it is not known which."""
        self._refusals.update(kinds if len(kinds) == 1 else ())
        many = {kind for kind, count in self._refusals.items() if count >= REFUSALS_THAT_STOP}
        self.stopped |= many - self.accepted

    def refusal(self) -> FatalError | None:
        """The error of a run in which the first writes of a kind were all refused."""
        if not self.stopped:
            return None
        what = " nor ".join(_SHOWN[kind] for kind in _SHOWN if kind in self.stopped)
        return FatalError(
            f"QContact refused the first writes: this account may not {what}; "
            "give it the right, or set QCONTACT_SYNC_DIRECTION=inbound",
            ErrorCode.AUTHORIZATION_ERROR,
        )

    @property
    def is_open(self) -> bool:
        """Whether so many failed in a row that QContact must be the cause."""
        return len(self._unreachable) >= FAILURES_THAT_STOP

    def ticket_passed(self, failures_before: int) -> Sequence[Suspect]:
        """QContact works: return the failures that the tickets themselves must have caused.

        Args:
            failures_before: ``failures`` as it was when the ticket that passed was begun. Later
                failures may have another cause: QContact may have gone down after this ticket.
        """
        own = [one for number, one in self._unreachable if number <= failures_before]
        self._unreachable = [one for one in self._unreachable if one[0] > failures_before]
        theirs = [one for one in self._refused if self.accepted.issuperset(one[1].writes)]
        self._refused = [one for one in self._refused if one not in theirs]
        return [*own, *theirs]

    def take_all(self) -> Sequence[Suspect]:
        """Return, and forget, what may be the tickets' own fault."""
        refused = [one for one in self._refused if not self.stopped.issuperset(one[1].writes)]
        suspects = [*refused, *(one for _, one in self._unreachable)]
        self._refused, self._unreachable = [], []
        return suspects
