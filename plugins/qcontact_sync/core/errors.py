"""Errors, grouped by what the run does next.

SyncError
├── RetryableError   may pass later: the client waits within its budget, then the task is retried
│   ├── StatementEnded   the server ended a statement: for its own reasons, or one row is the cause
│   │   └── Contention       the transaction may be repeated at once
│   ├── LeaseBusy        another run holds the lease, and this one does not wait for it
│   ├── LeaseLost        another run has taken the lease
│   ├── RunActive        a person's decision needs the lease, and a run holds it
│   ├── ReadTimedOut     a read for a waiting person or program took too long
│   ├── OutcomeUnknown   a write may or may not have been applied
│   └── RemoteMoved      QContact's ticket has changed (409): decide again
├── TicketError      one ticket goes to quarantine, the others go on
│   ├── RowLocked        another transaction holds the row
│   ├── RowHidden        FibreFlow's row was deleted, or a policy hides it
│   ├── RowRefused       FibreFlow's own trigger, check or policy raised an error for the row
│   ├── ChangeDropped    FibreFlow's database took a write and did not carry it out
│   └── NotApplied       QContact accepted a write and changed nothing
└── FatalError       stop, write nothing more, alert
    ├── NeedsConfirmation   outbound waits for a run with `confirm_outbound`
    ├── StatementFailed     one row of the statement may be the cause: narrow it down
    └── PageRefused         the list is too long to be shown; a shorter window may work
"""

from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # The DAG files import this module, and nothing of the model.
    from qcontact_sync.core.model import RemoteId, SyncType


class ErrorCode(StrEnum):
    """The codes in history, audit, quarantine and mails (docs/runbook.md, "Error codes")."""

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
    """May pass later; ``retry_after`` is the wait that the other side asked for, if any."""

    def __init__(
        self, message: str, code: ErrorCode, *, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(message, code)
        self.retry_after = retry_after


class StatementEnded(RetryableError):
    """The server ended a statement with a code that may pass, and the connection lasts.

    An app's trigger may raise such a code for one row.
    """


class Contention(StatementEnded):
    """A transaction lost against another one; it may be repeated at once."""


class LeaseBusy(RetryableError):
    """Another run holds the account's lease; this one has done nothing yet."""

    def __init__(self) -> None:
        super().__init__("another run is active", ErrorCode.CONFLICT)


class LeaseLost(RetryableError):
    """Another run has taken the account's lease; this one must not write any more."""

    def __init__(self) -> None:
        super().__init__(
            "another run took over the account's lease; this one stopped", ErrorCode.CONFLICT
        )


class RunActive(RetryableError):
    """A run holds the lease that a person's decision needs; nothing was decided, or will be."""

    def __init__(self) -> None:
        super().__init__("a run is active: decide again after its end", ErrorCode.CONFLICT)


class ReadTimedOut(RetryableError):
    """A read for a waiting person or program was given up; it may concern either side."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer within {seconds:.0f} seconds", ErrorCode.TIMEOUT)


class OutcomeUnknown(RetryableError):
    """A write was sent and not answered: it may or may not have been applied."""


class RemoteMoved(RetryableError):
    """QContact refused a write because its ticket has changed: read and decide again."""

    def __init__(self) -> None:
        super().__init__(
            "QContact's ticket changed repeatedly during the write", ErrorCode.CONFLICT
        )


class ReadTooOld(RetryableError):
    """A write waited so long that the values it is based on may be old: read and decide again."""

    def __init__(self) -> None:
        super().__init__(
            "QContact delayed each attempt of a write too long", ErrorCode.RATE_LIMITED
        )


class TicketError(SyncError):
    """One ticket cannot pass.

    Attributes:
        field: The field at fault, if the remote named it.
        writes: The kinds of write that were refused together; empty for a read.
        is_passing: Whether time alone may help; otherwise only a change of the ticket does.
    """

    is_passing = False

    def __init__(
        self,
        message: str,
        code: ErrorCode,
        *,
        field: str | None = None,
        writes: "tuple[SyncType, ...]" = (),
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


class RowHidden(TicketError):
    """FibreFlow's row of a linked ticket is not seen where policies decide what is seen."""

    is_passing = True

    def __init__(self) -> None:
        super().__init__(
            "FibreFlow's row is not visible to the sync's database user: a row level security "
            "policy of table tickets hides it, or it was deleted",
            ErrorCode.DATABASE_ERROR,
        )


class RowRefused(TicketError):
    """An error that one row raises, and the same statement without the row does not."""

    is_passing = True

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"{reason}, raised for this row by a trigger, check or policy of FibreFlow's database",
            ErrorCode.DATABASE_ERROR,
        )


class ChangeDropped(TicketError):
    """A trigger, a rule or a policy dropped what was written, without an error.

    Attributes:
        remote_ids: The tickets concerned.
    """

    is_passing = True

    def __init__(self, remote_ids: "Collection[RemoteId]", table: str) -> None:
        super().__init__(
            "FibreFlow's database dropped the change: a trigger, rule or row level security "
            f"policy of table {table}",
            ErrorCode.DATABASE_ERROR,
        )
        self.remote_ids = frozenset(remote_ids)


class NotApplied(TicketError):
    """QContact accepted a write and changed nothing."""

    def __init__(self, fields: str) -> None:
        super().__init__(
            f"QContact accepted the change of {fields} but did not apply it", ErrorCode.CONFLICT
        )


class FatalError(SyncError):
    """Nothing more can or may be done in this run."""


class ConfigError(FatalError):
    """A setting or connection is missing or wrong; names it, never its value."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ErrorCode.CONFIG_ERROR)


class StatementFailed(FatalError):
    """A statement raised an error whose code does not show its cause: a row, or the statement.

    Attributes:
        reason: The error without advice that only holds if it is the statement.
    """

    def __init__(self, reason: str, advice: str = "") -> None:
        super().__init__(f"{reason}{advice}", ErrorCode.DATABASE_ERROR)
        self.reason = reason


MAYBE_ONE_ROW = (StatementFailed, StatementEnded)
"""Retried row by row: only the error of a single row shows the cause."""


class PageRefused(FatalError):
    """QContact does not show this page of a list."""


class NeedsConfirmation(FatalError):
    """More outbound changes are pending than ``MAX_OUTBOUND`` allows."""

    def __init__(self, pending: int, limit: int) -> None:
        super().__init__(
            f"{pending} outbound changes are pending, more than the limit of {limit} "
            "without confirmation; check them with a dry run, then run again with confirm_outbound",
            ErrorCode.NEEDS_CONFIRMATION,
        )
