"""Single fields of a ticket as received: what cannot be used costs that field and a warning.

Nothing in here puts a received value into a warning, a reason or an exception.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from qcontact_sync.core.canon import canonical_text
from qcontact_sync.core.columns import CUT_MARK

MAX_ID_LENGTH = 100
MAX_TEXT_LENGTH = 4_000_000
"""Of one field, in characters; a longer text is cut and marked."""
TITLE, DESCRIPTION = "title", "description"
Values = dict[str, str | None]


class MalformedTicket(ValueError):
    """A ticket without usable ``id`` or ``title``.

    Attributes:
        remote_id: "" where it has none.
        is_incomplete: One of the two is not there at all.
    """

    def __init__(self, remote_id: str, reason: str, *, is_incomplete: bool = False) -> None:
        super().__init__(reason)
        self.is_incomplete = is_incomplete
        self.remote_id = remote_id
        self.reason = reason


def storable(text: str) -> str:
    """Canonical text; "" where nothing is left."""
    return canonical_text(text)[0] or ""


def same_names(*keys: str) -> dict[str, str]:
    """Fields that are called the same on both sides."""
    return dict(zip(keys, keys, strict=True))


NAMED_FIELDS = same_names("title", "status", "assigned_to")
# The payload is an allow-list, so that a customer's data in a field nobody knows stays out of
# the audit; these are in it without being synced.
KEPT_FIELDS = same_names("subcategory", "created_at", "updated_at")


def read_texts(
    source: Mapping[str, object],
    names: Mapping[str, str],
    values: Values,
    payload: dict[str, object],
    warnings: list[str],
    *,
    takes_numbers: bool = False,
) -> None:
    """Read the fields that are there into ``values`` (canonical) and ``payload`` (storable).

    Args:
        names: What the field is called among the values, by its key in ``source`` and payload.
    """
    for key, field in names.items():
        if key not in source:
            continue
        received = source[key]
        if type(received) is str:
            values[field], payload[key] = _read_text(field, received, warnings)
        elif received is None:
            values[field] = payload[key] = None
        elif takes_numbers and is_number(received):
            values[field] = str(received)
            payload[key] = received
        else:
            warnings.append(f"{field}: not text, left out")


def read_personal(
    source: Mapping[str, object],
    names: Mapping[str, str],
    values: Values,
    warnings: list[str],
) -> None:
    """The same for a customer's data, which is never in a payload; numbers are taken."""
    if names:
        read_texts(source, names, values, {}, warnings, takes_numbers=True)


def copy_values(copies: Iterable[tuple[str, str]], values: Values) -> None:
    """Fill the further columns of one source, where it is there."""
    for column, first in copies:
        if first in values:
            values[column] = values[first]


def without_reference(text: str, reference: str | None) -> str:
    """A subject without the reference before or behind it."""
    if reference is None:
        return text
    if text == reference:
        return ""
    before, _, last = text.rpartition(" ")
    if last == reference:
        return before.rstrip()
    return text.removeprefix(f"{reference} ").lstrip()


def name_by_reference(reference: str, subject: str, values: Values) -> None:
    """Let the reference be the title, and the subject the first lines of the description."""
    values[TITLE] = reference
    if DESCRIPTION in values and subject:
        below = values[DESCRIPTION]
        values[DESCRIPTION] = f"{subject}\n\n{below}" if below else subject


def _read_text(field: str, received: str, warnings: list[str]) -> tuple[str | None, str | None]:
    """The text as it is compared, and as the audit keeps it."""
    if len(received) > MAX_TEXT_LENGTH:
        warnings.append(f"{field}: cut to {MAX_TEXT_LENGTH:,} characters")
        received = received[: MAX_TEXT_LENGTH - len(CUT_MARK)] + CUT_MARK
    if received.isascii() and "\x00" not in received and "\r" not in received:
        # As `canonical_text` has nearly every text, without its two calls: there are millions.
        return received.strip() or None, received
    text, was_dropped = canonical_text(received)
    if was_dropped:
        warnings.append(f"{field}: characters that cannot be stored were dropped")
    return text, text if was_dropped else received


def is_number(received: object) -> bool:
    """Whether it is a number that JSON can hold."""
    # A bool is an int to isinstance; infinity and NaN are no JSON and no jsonb.
    return type(received) is int or (type(received) is float and math.isfinite(received))


def read_id(received: Mapping[str, object]) -> str:
    """The ticket's id as text.

    Raises:
        MalformedTicket: There is none that can be used.
    """
    remote_id = received.get("id")
    if type(remote_id) is float and remote_id.is_integer():
        remote_id = int(remote_id)
    if type(remote_id) is int:
        remote_id = str(remote_id)
    if type(remote_id) is not str:
        reason = "id is missing or neither text nor a whole number"
        raise MalformedTicket("", reason, is_incomplete="id" not in received)
    if len(remote_id) > MAX_ID_LENGTH:
        raise MalformedTicket("", f"id is longer than {MAX_ID_LENGTH} characters")
    text, was_dropped = canonical_text(remote_id)
    if text is None or was_dropped:
        raise MalformedTicket("", "id is empty or cannot be stored")
    # As received: a tidied id might be one that QContact does not know.
    return remote_id


def read_stamp(name: str, received: object, warnings: list[str]) -> datetime | None:
    """An ISO 8601 instant as aware UTC; None where there is none to read."""
    if not isinstance(received, str):
        return None
    try:
        # A bare date parses too, but midnight is not when the ticket was updated.
        stamp = datetime.fromisoformat(received) if len(received) > len("2026-01-01") else None
        if stamp is not None and stamp.tzinfo is None:
            warnings.append(f"{name}: no zone, taken as UTC")
            stamp = stamp.replace(tzinfo=UTC)
        if stamp is not None:
            return stamp.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    warnings.append(f"{name}: not an ISO 8601 instant, left out")
    return None
