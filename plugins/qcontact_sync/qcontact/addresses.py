"""Where requests go: the base URL as it may be used, and the proxy before it."""

from urllib.request import getproxies, proxy_bypass

from yarl import URL

from qcontact_sync.core.addresses import base_url, check_host, is_this_machine, is_unencrypted
from qcontact_sync.core.errors import ConfigError

_NAME = "QCONTACT_API_URL (the connection's host)"


def checked_base(url: str, *, allow_http: bool = False) -> URL:
    """The base URL, without a slash at its end.

    Args:
        allow_http: Whether another machine may be talked to without TLS.

    Raises:
        ConfigError: It cannot be used; the message does not repeat it.
    """
    try:
        base = URL(base_url(url, _NAME).rstrip("/"))
    except ValueError:
        # yarl refuses a few letters that Python's own codec of host names takes.
        raise ConfigError(f"{_NAME} cannot be read: check its host") from None
    if not allow_http and is_unencrypted(url):
        raise ConfigError(
            f"{_NAME} begins with http://, which sends the key and "
            "all tickets unencrypted to another machine: use https://, or set "
            "QCONTACT_SYNC_ALLOW_HTTP=true where the network between is your own"
        )
    return base


def proxy_of(base: URL) -> URL | None:
    """The proxy that the environment names for it: ``HTTPS_PROXY``, ``HTTP_PROXY``, ``NO_PROXY``.

    This machine is reached without. Asked once: aiohttp's own look at the environment costs a
    thread for every request, and takes passwords from ``~/.netrc`` along.

    Raises:
        ConfigError: What the environment names is no address of a proxy.
    """
    named = getproxies().get(base.scheme, "").strip()
    if not named or is_this_machine(base.host or "") or proxy_bypass(_with_port(base)):
        return None
    variable = f"{base.scheme.upper()}_PROXY in the environment"
    try:
        proxy = URL(named if "://" in named else f"http://{named}")
    except ValueError:
        proxy = URL()
    check_host(proxy.raw_host or "", variable)
    if proxy.scheme not in ("http", "https") or not proxy.host or proxy.port == 0:
        raise ConfigError(f"{variable} cannot be used: it must look like http://host:port")
    return proxy


def _with_port(base: URL) -> str:
    return f"{base.host}:{base.explicit_port}" if base.explicit_port else str(base.host)
