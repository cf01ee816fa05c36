"""Why no whole answer came, in the product's words: no address, no header, no library's names."""

import aiohttp
from aiohttp.http_exceptions import LineTooLong

_WORDS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    # The first that fits: later ones are more general.
    (aiohttp.ClientConnectorDNSError, "the server's host name is not known here"),
    (aiohttp.ClientProxyConnectionError, "the proxy cannot be reached: check HTTPS_PROXY"),
    (
        aiohttp.ClientSSLError,
        "no TLS connection: check https:// and the port of the address, and the server's TLS",
    ),
    (aiohttp.ConnectionTimeoutError, "the server does not accept the connection in time"),
    (aiohttp.ClientConnectorError, "the server cannot be reached"),
    (aiohttp.ServerDisconnectedError, "the server closed the connection without an answer"),
    (aiohttp.ClientPayloadError, "the answer ended before its end"),
    (
        aiohttp.ClientResponseError,
        "the answer cannot be read as HTTP: it is malformed, has too many headers, or is "
        "compressed in a way that was not asked for",
    ),
    (TimeoutError, "no answer in time"),
    ((aiohttp.InvalidURL, UnicodeError), "the address cannot be used"),
    ((aiohttp.ClientOSError, ConnectionError), "the connection was cut"),
)


def words_for(error: Exception) -> str:
    """What happened, and what to do about it where that is known."""
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
    if isinstance(getattr(error, "os_error", None), ConnectionRefusedError):
        return "nothing listens at the server's host and port"
    fitting = (words for kinds, words in _WORDS if isinstance(error, kinds))
    return next(fitting, type(error).__name__)


def _is_caused_by_long_line(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, LineTooLong):
        error = error.__cause__
    return error is not None
