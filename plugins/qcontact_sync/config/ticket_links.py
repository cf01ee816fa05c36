"""Addresses of one ticket's page in QContact and FibreFlow, from templates in the settings."""

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

PLACEHOLDERS = ("qcontact_id", "ticket_id", "ticket_uid")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def check_template(template: str) -> None:
    """Refuse an address that is not a web address, or that names no ticket.

    Raises:
        ValueError: Says what is wrong, without the template.
    """
    names = set(_PLACEHOLDER.findall(template))
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    if urlsplit(template).scheme not in ("http", "https"):
        message = "not an address that begins with https:// or http://"
        raise ValueError(message)
    if not names or names - set(PLACEHOLDERS):
        message = f"the address must contain one of {known}, and no other placeholder"
        raise ValueError(message)


def ticket_link(template: str | None, ids: Mapping[str, str | None]) -> str | None:
    """A ticket's address; None without a template, or if the ticket lacks an id that it needs.

    Args:
        ids: By name (`PLACEHOLDERS`).
    """
    if template is None:
        return None
    if not all(ids.get(name) for name in _PLACEHOLDER.findall(template)):
        return None
    return _PLACEHOLDER.sub(lambda found: quote(ids[found[1]] or "", safe=""), template)
