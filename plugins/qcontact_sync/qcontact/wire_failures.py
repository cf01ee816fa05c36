"""What it means for an attempt that aiohttp raised instead of answering; no I/O."""

import aiohttp
from aiohttp.http_exceptions import LineTooLong

from qcontact_sync.core.errors import ErrorCode
from qcontact_sync.qcontact.failures import FailedAttempt

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
        detail=_named(error),
        may_be_applied=is_connected,
        is_fatal=isinstance(error, _NEVER_PASSING),
        # It says which host could not be reached and why; others may quote URL or headers.
        cause=_bare(error) if isinstance(error, aiohttp.ClientConnectorError) else None,
    )


def _named(error: Exception) -> str:
    if _is_caused_by_long_line(error):
        return "a header line of the answer is longer than 32 KB"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy answered {error.status}: check HTTPS_PROXY and NO_PROXY"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        reason = getattr(error.certificate_error, "verify_message", "")
        return (
            f"the server's certificate is not accepted ({reason}); a CA of your own goes into "
            "QCONTACT_SYNC_CA_FILE (docs/security.md)"
        )
    return type(error).__name__


def _is_caused_by_long_line(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, LineTooLong):
        error = error.__cause__
    return error is not None


def _bare(error: Exception) -> Exception:
    """The exception without the frames it came through: our headers are variables there."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)
