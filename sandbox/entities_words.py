"""Status words of the entities dialect, in the three spellings that it uses."""

from typing import Any

from sandbox.writes import canonical_status

WRITABLE_STATUSES = (
    "Open", "Assigned", "InProgress", "Escalated", "InReview", "Reviewed",
    "Pending Company Response", "Solved",
)  # fmt: skip
_COLOURS = {"New": "#2f80ed", "Open": "#2f80ed", "Solved": "#27ae60", "Closed": "#828282"}
_OTHER_COLOUR = "#f2994a"


def display_status(status: Any) -> Any:
    """``In Progress``; a word that is in no table stays as it is."""
    return canonical_status(status) if isinstance(status, str) else status


def raw_status(status: Any) -> Any:
    """``InProgress``."""
    if not isinstance(status, str):
        return status
    return canonical_status(status).translate(str.maketrans("", "", " -"))


def status_colour(status: Any) -> str | None:
    return _COLOURS.get(raw_status(status), _OTHER_COLOUR) if status else None


def display_category(category: Any) -> Any:
    if not isinstance(category, str):
        return category
    return category.replace("::", " > ").replace("|", " > ")
