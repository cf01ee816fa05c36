"""Tickets decoded into a type that the mapping makes: its fields alone, all of them text.

Nearly all tickets are like that. What is odd about any other one is found out field by field
(`decode.build_ticket`); of those read here both say the same.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Required, TypedDict

import msgspec

from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.qcontact.received_fields import (
    KEPT_FIELDS,
    MAX_TEXT_LENGTH,
    NAMED_FIELDS,
    Values,
)

CUSTOM = "custom_fields"
_Text = str | None


class TypedTickets:
    """Reads the fields of tickets by one mapping."""

    def __init__(self, mapping: TicketMapping) -> None:
        sources = mapping.sources
        self._names = (
            *NAMED_FIELDS.items(),
            *sources.plain.items(),
            *sources.personal_plain.items(),
        )
        self._custom_names = (*sources.custom.items(), *sources.personal_custom.items())
        self._personal = tuple(sources.personal_plain)
        self._personal_custom = tuple(sources.personal_custom)
        plain = (*KEPT_FIELDS, *(key for key, _ in self._names))
        self._is_readable = CUSTOM not in plain
        self._decoder = _decoder(plain, tuple(key for key, _ in self._custom_names))

    def read(self, body: bytes) -> tuple[Values, dict[str, object]] | None:
        """The values and the audit's payload; None where the object must be looked at closely."""
        if not (self._is_readable and _is_plain(body)):
            return None
        try:
            payload = self._decoder.decode(body)
        except (msgspec.DecodeError, RecursionError):
            return None
        values: Values = {}
        _take_texts(payload, self._names, values)
        for key in self._personal:
            payload.pop(key, None)
        if CUSTOM in payload:
            custom = payload[CUSTOM]
            _take_texts(custom, self._custom_names, values)
            for key in self._personal_custom:
                custom.pop(key, None)
        return values, payload


@lru_cache(maxsize=8)
def _decoder(plain: tuple[str, ...], custom: tuple[str, ...]) -> msgspec.json.Decoder[Any]:
    """Of tickets with these fields of their own and these custom ones."""
    customs = _fields_type(dict.fromkeys(custom, _Text))
    texts = dict.fromkeys(plain, _Text)
    return msgspec.json.Decoder(_fields_type({**texts, "id": Required[str], CUSTOM: customs}))


def _fields_type(types: Mapping[str, object]) -> Any:
    """A dictionary that may have these keys; others are left out."""
    return TypedDict("Fields", types, total=False)  # type: ignore[operator]  # made of the mapping


def _is_plain(body: bytes) -> bool:
    """Whether its texts have nothing that canonical text has not, but for blanks around them."""
    if not body.isascii() or len(body) > MAX_TEXT_LENGTH:
        return False
    # JSON has NUL, carriage returns and what is not ASCII only in these escapes.
    return b"\\u" not in body and b"\\r" not in body


def _take_texts(
    texts: Mapping[str, str | None], names: tuple[tuple[str, str], ...], values: Values
) -> None:
    for key, field in names:
        if key in texts:
            text = texts[key]
            values[field] = (text and text.strip()) or None
