"""Which addresses can be used, and which of them lead to this machine.

A refusal names the setting and what is wrong with it. It never shows the value: of an address
that was mistyped it may hold a part of the password.
"""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from qcontact_sync.core.errors import ConfigError

MAX_HOST_LENGTH = 253
_IN_A_HOST = re.compile(r"[\w.-]+", re.ASCII)


def base_url(text: str, name: str) -> str:
    """A URL of a web service without the blanks around it.

    Args:
        name: The setting, or the connection, that holds it.

    Raises:
        ConfigError: It cannot be used; says why.
    """
    url = plain_text(text, name)
    try:
        parts = urlsplit(url)
        is_open = parts.port != 0
    except ValueError:
        raise ConfigError(f"{name} cannot be read: check its host, brackets and port") from None
    host = parts.hostname or ""
    check_host(host, name)
    if parts.scheme not in ("http", "https") or not host or not is_open:
        raise ConfigError(f"{name} must look like https://api.qcontact.com")
    if not url.isprintable() or not _is_of_a_url(host):
        raise ConfigError(f"{name} holds a character that no URL may hold")
    if _has_more(parts):
        raise ConfigError(
            f"{name} must hold no user, query or fragment; the API key has a place of its own"
        )
    return url


def completed_url(host: str, scheme: str) -> str:
    """The base URL of an Airflow connection, whose host may be a URL by itself."""
    return host if "://" in host else f"{scheme or 'https'}://{host}"


def is_unencrypted(url: str) -> bool:
    """Whether it is a usable base URL that leads to another machine without TLS."""
    try:
        parts = urlsplit(base_url(url, "the URL"))
    except ConfigError:
        return False
    return parts.scheme == "http" and not is_this_machine(parts.hostname or "")


def is_this_machine(host: str) -> bool:
    """Whether a host's name or IP address is this machine's own."""
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        name = host.removesuffix(".").lower()
        return name == "localhost" or name.endswith(".localhost")


def plain_text(text: str, name: str) -> str:
    """An address without the blanks around it.

    Raises:
        ConfigError: It holds what no address may.
    """
    found = text.strip()
    try:
        found.encode()
    except UnicodeEncodeError:
        raise ConfigError(
            f"{name} holds bytes that are not UTF-8: percent-encode them (é is %C3%A9)"
        ) from None
    if any(character < " " or character == "\x7f" for character in found):
        raise ConfigError(f"{name} holds a line break or another control character")
    return found


def check_host(host: str, name: str) -> None:
    """Refuse a host that the name resolver does not take: it has no error of its own for that.

    Raises:
        ConfigError: A part of it, or the whole, is empty or too long.
    """
    try:
        is_short = len(host.encode("idna")) <= MAX_HOST_LENGTH
    except UnicodeError:
        raise ConfigError(
            f"{name}: its host has an empty part (two dots) or one of more than 63 characters"
        ) from None
    if not is_short:
        raise ConfigError(f"{name}: its host has more than {MAX_HOST_LENGTH} characters")


def _is_of_a_url(host: str) -> bool:
    if ":" in host:
        return True
    return _IN_A_HOST.fullmatch(host.encode("idna").decode()) is not None


def _has_more(parts: SplitResult) -> bool:
    has_user = parts.username is not None or bool(parts.password)
    return has_user or bool(parts.query or parts.fragment)
