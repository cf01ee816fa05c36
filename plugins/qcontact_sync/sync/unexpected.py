"""The last line of defence: what is no error of ours ends a run as an error of ours."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from qcontact_sync.core.errors import ErrorCode, RetryableError, SyncError

log = logging.getLogger(__name__)


class UnexpectedError(RetryableError):
    """Something broke that nobody thought of; the log has its trace, the message only its name."""

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"unexpected {type(error).__name__}; the log has its trace", ErrorCode.SYNC_JOB_ERROR
        )


@contextmanager
def expected_only() -> Iterator[None]:
    """Let nothing but `SyncError` out, so that whoever calls can record it and tell it.

    Raises:
        UnexpectedError: In place of anything that is no error of ours.
    """
    try:
        yield
    except SyncError:
        raise
    except Exception as error:
        log.exception("run.unexpected")
        raise UnexpectedError(error) from error
