"""An alert's message as a mail: a text and an HTML part, times as people here read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, select_autoescape

from qcontact_sync.core.alert_words import Message
from qcontact_sync.core.alerts import Change

_COLOURS = {
    Change.OPENED: "#c62828",
    Change.WORSENED: "#8e0000",
    Change.REMINDER: "#b26a00",
    Change.OVER: "#2e7d32",
}
_templates = Environment(
    loader=PackageLoader("qcontact_sync", "mail_templates"),
    autoescape=select_autoescape(enabled_extensions=("html.j2",)),
    trim_blocks=True,
    lstrip_blocks=True,
)

Link = tuple[str, str]
"""(what it leads to, address)."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The two parts of a mail."""

    text: str
    html: str


def render(message: Message, change: Change, links: Sequence[Link]) -> Parts:
    """Write the mail."""
    values = {
        "message": message,
        "change": change.value,
        "colour": _COLOURS[change],
        "links": links,
    }
    return Parts(
        _templates.get_template("alert.txt.j2").render(values),
        _templates.get_template("alert.html.j2").render(values),
    )


def shown(moment: datetime, zone: ZoneInfo) -> str:
    """An instant as "24 Nov 08:00 SAST (06:00 UTC)"."""
    local, utc = moment.astimezone(zone), moment.astimezone(UTC)
    return f"{local:%d %b %H:%M %Z} ({utc:%H:%M} UTC)"
