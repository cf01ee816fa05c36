"""Unexpected errors: any exception that is no `SyncError` ends a run as one."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from qcontact_sync.core.errors import ErrorCode, RetryableError, SyncError

log = logging.getLogger(__name__)


class UnexpectedError(RetryableError):
    """An error that was not expected; the log contains the traceback, the message only its name."""

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"unexpected {type(error).__name__}; the log contains the traceback",
            ErrorCode.SYNC_JOB_ERROR,
        )


@contextmanager
def expected_only(*others: type[Exception]) -> Iterator[None]:
    """Let nothing but `SyncError` out, so that the caller can record and report it.

    Args:
        others: What else the caller expects.

    Raises:
        UnexpectedError: Instead of any exception that is no `SyncError`.
    """
    expected: tuple[type[Exception], ...] = (SyncError, *others)
    try:
        yield
    except expected:
        raise
    except Exception as error:  # whatever it is, the run must end in good order
        log.exception("run.unexpected")
        raise UnexpectedError(error) from error
