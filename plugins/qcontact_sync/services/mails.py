"""An alert's message as a mail with a text and an HTML part, with times in the local zone."""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, select_autoescape

from qcontact_sync.reporting.alert_words import Message
from qcontact_sync.reporting.alerts import ChangeKind

_COLOURS = {
    ChangeKind.OPENED: "#c62828",
    ChangeKind.WORSENED: "#8e0000",
    ChangeKind.REMINDER: "#b26a00",
    ChangeKind.OVER: "#2e7d32",
}
_templates = Environment(
    loader=PackageLoader("qcontact_sync.services", "mail_templates"),
    autoescape=select_autoescape(enabled_extensions=("html.j2",)),
    trim_blocks=True,
    lstrip_blocks=True,
)

_COMMAND = re.compile(r"qcontact-sync[^,;(]*[^,;( ]")
_GLUE = "\x00"


def _wrapped(text: str, width: int, indent: int = 0) -> str:
    """Lines of a text; a command stays on one line, so that users can copy it whole."""
    glued = _COMMAND.sub(lambda found: found[0].replace(" ", _GLUE), text)
    lines = textwrap.wrap(glued, width, break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * indent}".join(lines).replace(_GLUE, " ")


_templates.filters["wrapped"] = _wrapped

NamedLink = tuple[str, str]
"""(title, address)."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The two parts of a mail."""

    text: str
    html: str


def render(
    message: Message, change: ChangeKind, places: Sequence[NamedLink], links: Sequence[NamedLink]
) -> Parts:
    """Write the mail.

    Args:
        places: Where the matter is settled; before everything else that can be looked up.
        links: What else there is to read.
    """
    values = {
        "message": message,
        "change": change.value,
        "colour": _COLOURS[change],
        "places": places,
        "links": links,
    }
    return Parts(
        _templates.get_template("alert.txt.j2").render(values),
        _templates.get_template("alert.html.j2").render(values),
    )
