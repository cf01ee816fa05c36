"""Where requests go: the base URL as it may be used, and the proxy before it."""

from ipaddress import ip_address
from urllib.request import getproxies, proxy_bypass

from yarl import URL

from qcontact_sync.core.errors import ConfigError

MAX_HOST_LENGTH = 253
MAX_LABEL_LENGTH = 63


def checked_base(url: str, *, allow_http: bool = False) -> URL:
    """The base URL, without a slash at its end.

    Args:
        allow_http: Whether another machine may be talked to without TLS.

    Raises:
        ConfigError: It cannot be used; the message does not repeat it.
    """
    base = _parsed(url.strip())
    if base is None:
        raise ConfigError(
            "QCONTACT_API_URL (the connection's host) is not a usable base URL: it must look "
            "like https://host or https://host/prefix, without user, query or fragment"
        )
    if not allow_http and is_unencrypted(url):
        raise ConfigError(
            "QCONTACT_API_URL (the connection's host) begins with http://, which sends the key and "
            "all tickets unencrypted to another machine: use https://, or set "
            "QCONTACT_SYNC_ALLOW_HTTP=true where the network between is your own"
        )
    return base


def is_unencrypted(url: str) -> bool:
    """Whether it is a usable base URL that leads to another machine without TLS."""
    base = _parsed(url.strip())
    return base is not None and base.scheme == "http" and not _is_this_machine(base.host or "")


def _parsed(url: str) -> URL | None:
    try:
        base = URL(url.rstrip("/"))
        is_usable = (
            url.isprintable()
            and base.scheme in ("http", "https")
            and _is_host(base)
            and base.port != 0
        )
    except ValueError:
        return None
    is_bare = not base.query_string and not base.fragment and base.raw_user is None
    return base if is_usable and is_bare else None


def _is_host(base: URL) -> bool:
    """Whether the name resolver takes the host: it raises no error of its own for bad labels."""
    host = base.raw_host or ""
    if ":" in host:
        return True
    labels = host.removesuffix(".").split(".")
    return len(host) <= MAX_HOST_LENGTH and all(0 < len(x) <= MAX_LABEL_LENGTH for x in labels)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        name = host.removesuffix(".").lower()
        return name == "localhost" or name.endswith(".localhost")


def proxy_of(base: URL) -> URL | None:
    """The proxy that the environment names for it: ``HTTPS_PROXY``, ``HTTP_PROXY``, ``NO_PROXY``.

    This machine is reached without. Asked once: aiohttp's own look at the environment costs a
    thread for every request, and takes passwords from ``~/.netrc`` along.

    Raises:
        ConfigError: What the environment names is no address of a proxy.
    """
    named = getproxies().get(base.scheme, "").strip()
    if not named or _is_this_machine(base.host or "") or proxy_bypass(_with_port(base)):
        return None
    try:
        proxy = URL(named if "://" in named else f"http://{named}")
        is_usable = proxy.scheme in ("http", "https") and _is_host(proxy) and proxy.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise ConfigError(
            f"{base.scheme.upper()}_PROXY in the environment cannot be used: it must look like "
            "http://host:port"
        )
    return proxy


def _with_port(base: URL) -> str:
    return f"{base.host}:{base.explicit_port}" if base.explicit_port else str(base.host)
