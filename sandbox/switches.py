"""What is not known about the real QContact, each as a switch. The table is in docs/sandbox.md."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, Literal

import msgspec

from sandbox.instants import Resolution, Zone

Order = Literal["id", "updated_asc", "updated_desc", "random"]
AtLeastOne = Annotated[int, msgspec.Meta(ge=1)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]


class SwitchError(ValueError):
    """An unknown switch, or a value it does not take; the message names the switch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Switches:
    order: Order = "updated_desc"
    updated_after_inclusive: bool = True
    updated_before_inclusive: bool = False
    time_resolution: Resolution = "milliseconds"
    time_zone: Zone = "Z"
    page_cap: AtLeastOne = 100
    page_over_cap: Literal["cut", "refuse"] = "cut"
    page_depth: Count = 0
    note_listing: Literal["on", "404", "405"] = "on"
    note_bumps_ticket: bool = False
    idempotency: bool = False
    id_type: Literal["text", "number"] = "text"
    empty_write_body: bool = False
    read_only: bool = False
    search_lag_s: Seconds = 0.0
    search_lag_lists: Count = 0
    trim_text: bool = False
    recase_status: bool = False
    clock_offset_s: float = 0.0

    def changed(self, changes: Mapping[str, Any], *, from_text: bool = False) -> "Switches":
        """Return a copy with ``changes``; ``from_text`` reads ``"true"`` and ``"3"`` as such.

        Raises:
            SwitchError: an unknown name or a value out of range.
        """
        known = {field.name for field in fields(self)}
        for name in changes:
            if name not in known:
                raise SwitchError(f"unknown switch {name!r}; known: {', '.join(sorted(known))}")
        try:
            return msgspec.convert({**asdict(self), **changes}, Switches, strict=not from_text)
        except msgspec.ValidationError as error:
            raise SwitchError(f"bad switch: {error}") from error


def parse_switches(pairs: list[str]) -> Switches:
    """Read ``name=value`` pairs, as the command line gives them."""
    changes = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise SwitchError(f"expected name=value, not {pair!r}")
        changes[name] = value
    return Switches().changed(changes, from_text=True)
