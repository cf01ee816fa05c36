"""An alert's message as a mail with a text and an HTML part, with times in the local zone."""

from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, select_autoescape

from qcontact_sync.reporting.alert_words import Message
from qcontact_sync.reporting.alerts import Change

_COLOURS = {
    Change.OPENED: "#c62828",
    Change.WORSENED: "#8e0000",
    Change.REMINDER: "#b26a00",
    Change.OVER: "#2e7d32",
}
_templates = Environment(
    loader=PackageLoader("qcontact_sync.services", "mail_templates"),
    autoescape=select_autoescape(enabled_extensions=("html.j2",)),
    trim_blocks=True,
    lstrip_blocks=True,
)

Link = tuple[str, str]
"""(title, address)."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The two parts of a mail."""

    text: str
    html: str


def render(
    message: Message, change: Change, places: Sequence[Link], links: Sequence[Link]
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
