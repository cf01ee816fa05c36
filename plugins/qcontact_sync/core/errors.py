"""What can go wrong, grouped by what the run does next.

SyncError
├── RetryableError   may pass later: waited for inside the budget, then the task is retried
│   ├── Contention       a transaction that may be repeated at once
│   ├── LeaseBusy        another run is at work, and this one does not wait for it
│   ├── LeaseLost        another run writes now
│   ├── OutcomeUnknown   a write that may or may not have been applied
│   └── RemoteMoved      a write that QContact wants decided anew (409)
├── TicketError      this ticket cannot pass: it goes to quarantine, the others go on
│   ├── RowLocked        somebody else is writing the row
│   └── NotApplied       a write that was accepted and did nothing
└── FatalError       stop, write nothing more, tell someone
    ├── NeedsConfirmation   outbound is held until a run says `confirm_outbound`
    └── PageRefused         a list that is not shown so far; a shorter window may be
"""

from datetime import timedelta
from enum import StrEnum

from qcontact_sync.core.model import SyncType


class ErrorCode(StrEnum):
    """The codes on record in history, audit, quarantine and mails (source: contract pages)."""

    VALIDATION_ERROR = "VALIDATION_ERROR"
    AUTHENTICATION_ERROR = "AUTHENTICATION_ERROR"
    AUTHORIZATION_ERROR = "AUTHORIZATION_ERROR"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    RATE_LIMITED = "RATE_LIMITED"
    SERVER_ERROR = "SERVER_ERROR"
    NETWORK_ERROR = "NETWORK_ERROR"
    TIMEOUT = "TIMEOUT"
    PARSE_ERROR = "PARSE_ERROR"
    UNKNOWN_ERROR = "UNKNOWN_ERROR"
    DATABASE_ERROR = "DATABASE_ERROR"
    CONFIG_ERROR = "CONFIG_ERROR"
    NEEDS_CONFIRMATION = "NEEDS_CONFIRMATION"
    ABANDONED = "ABANDONED"
    SYNC_JOB_ERROR = "SYNC_JOB_ERROR"


class SyncError(Exception):
    """Base of all expected failures.

    Args:
        message: For a person; holds no secret, name, phone number, address or ticket text.
        code: What the record says.
    """

    def __init__(self, message: str, code: ErrorCode = ErrorCode.SYNC_JOB_ERROR) -> None:
        super().__init__(message)
        self.code = code


class RetryableError(SyncError):
    """May pass later; ``retry_after`` is the wait the other side asked for, if it did."""

    def __init__(
        self, message: str, code: ErrorCode, *, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(message, code)
        self.retry_after = retry_after


class Contention(RetryableError):
    """A transaction lost against another one; the whole of it may be repeated at once."""


class LeaseBusy(RetryableError):
    """Another run is at work for this account; this one has done nothing yet."""

    def __init__(self) -> None:
        super().__init__("another run is at work", ErrorCode.CONFLICT)


class LeaseLost(RetryableError):
    """Another run writes for this account now; this one must not write any more."""

    def __init__(self) -> None:
        super().__init__(
            "another run took over the account's lease; this one stopped", ErrorCode.CONFLICT
        )


class OutcomeUnknown(RetryableError):
    """A write was sent and no answer came: it may or may not have been applied."""


class RemoteMoved(RetryableError):
    """QContact refused a write because its ticket is not as it was read: read and decide anew."""

    def __init__(self) -> None:
        super().__init__("QContact's ticket kept changing under our write", ErrorCode.CONFLICT)


class ReadTooOld(RetryableError):
    """A write had to wait so long that what it was decided on may be old: read and decide anew."""

    def __init__(self) -> None:
        super().__init__(
            "QContact kept a write waiting, every time it was tried", ErrorCode.RATE_LIMITED
        )


class TicketError(SyncError):
    """One ticket cannot pass.

    Attributes:
        field: The culprit, where the remote said which.
        writes: The kinds of write that were refused together; none where it was a read.
        is_passing: Whether time alone may help; else only a change of the ticket does.
    """

    is_passing = False

    def __init__(
        self,
        message: str,
        code: ErrorCode,
        *,
        field: str | None = None,
        writes: tuple[SyncType, ...] = (),
    ) -> None:
        super().__init__(message, code)
        self.field = field
        self.writes = writes


class RowLocked(TicketError):
    """Another transaction keeps FibreFlow's row locked."""

    is_passing = True

    def __init__(self) -> None:
        super().__init__(
            "FibreFlow's row is locked by another transaction", ErrorCode.DATABASE_ERROR
        )


class NotApplied(TicketError):
    """QContact accepted a write and changed nothing."""

    def __init__(self, fields: str) -> None:
        super().__init__(
            f"QContact took the change of {fields} and did not apply it", ErrorCode.CONFLICT
        )


class FatalError(SyncError):
    """Nothing more can or may be done in this run."""


class ConfigError(FatalError):
    """A setting or connection is missing or wrong; names it, never its value."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ErrorCode.CONFIG_ERROR)


class PageRefused(FatalError):
    """QContact does not show so many pages of one list."""


class NeedsConfirmation(FatalError):
    """More outbound changes are pending than ``MAX_OUTBOUND`` allows."""

    def __init__(self, pending: int, limit: int) -> None:
        super().__init__(
            f"{pending} outbound changes are pending, more than the {limit} that go unasked; "
            "look at them with a dry run, then run again with confirm_outbound",
            ErrorCode.NEEDS_CONFIRMATION,
        )
