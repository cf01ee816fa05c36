"""What an exception of aiohttp means for an attempt; no I/O."""

import aiohttp

from qcontact_sync.core.errors import ErrorCode
from qcontact_sync.qcontact.failures import FailedAttempt
from qcontact_sync.qcontact.network_words import words_for

_NEVER_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
    UnicodeError,
)
_NEVER_PASSING = (aiohttp.ClientSSLError, aiohttp.InvalidURL, UnicodeError)


def failure_of_exception(error: Exception) -> FailedAttempt:
    """What it means that no whole answer came."""
    is_connected = not isinstance(error, _NEVER_SENT)
    is_late = is_connected and isinstance(error, TimeoutError)
    return FailedAttempt(
        code=ErrorCode.TIMEOUT if is_late else ErrorCode.NETWORK_ERROR,
        detail=words_for(error),
        may_be_applied=is_connected,
        is_fatal=isinstance(error, _NEVER_PASSING),
        # It says which host could not be reached and why; others may quote URL or headers.
        cause=_bare(error) if isinstance(error, aiohttp.ClientConnectorError) else None,
    )


def _bare(error: Exception) -> Exception:
    """The exception without the frames it came through: our headers are variables there."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)
