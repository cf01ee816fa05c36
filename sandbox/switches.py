"""What is not known about the real QContact, each as a switch. The table is in docs/sandbox.md."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, Literal

import msgspec

from sandbox.instants import Resolution, Zone

DialectName = Literal["tickets", "entities"]
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
    page_over_cap: Literal["cut", "cut_unsaid", "refuse"] = "cut"
    page_depth: Count = 0
    total_off: int = 0
    note_listing: Literal["on", "404", "405"] = "on"
    note_bumps_ticket: bool = False
    idempotency: bool = False
    id_type: Literal["text", "number"] = "text"
    empty_write_body: bool = False
    read_only: bool = False
    may_set_status: bool = True
    may_assign: bool = True
    may_note: bool = True
    search_lag_s: Seconds = 0.0
    search_lag_lists: Count = 0
    trim_text: bool = False
    recase_status: bool = False
    clock_offset_s: float = 0.0

    # Sign-in (entities dialect)
    sign_in_answer: Literal["headers", "body", "both"] = "headers"
    rotation: Literal["none", "same", "new"] = "none"
    batch_window_s: Seconds = 5.0
    batch_answer: Literal["empty", "absent"] = "empty"
    token_life_s: Seconds = 1_209_600.0
    session_limit: AtLeastOne = 10

    # Cases (entities dialect)
    list_total: Literal["pagination", "top"] = "pagination"
    other_sorts: Literal["ignored", "honoured", "refused"] = "ignored"
    row_without: str = ""
    detail_shape: Literal["nested", "flat"] = "nested"
    detail_updated_at: bool = False
    relationships: Literal["objects", "null", "absent"] = "objects"
    entity_types: Literal["on", "404"] = "on"
    silent_patch: Literal["off", "old", "echo"] = "off"
    solved_closes_after_s: Seconds = 259_200.0
    closed_refuses_status: bool = True

    # Events (entities dialect)
    events: Literal["on", "400", "404"] = "on"
    events_page_size: AtLeastOne = 25
    events_page_2: Literal["works", "repeats"] = "works"
    events_shape: Literal["results", "list"] = "results"
    event_text: Literal["subtitle", "html"] = "subtitle"
    event_time: Literal["raised_at", "created_at"] = "raised_at"
    event_changes: Literal["formatted", "raw"] = "formatted"

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


def default_switches(dialect: DialectName) -> Switches:
    """The dialects differ in one default: only pages of up to 50 cases were ever seen."""
    return Switches() if dialect == "tickets" else Switches(page_cap=50)


def parse_switches(pairs: list[str], dialect: DialectName = "tickets") -> Switches:
    """Read ``name=value`` pairs, as the command line gives them."""
    changes = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise SwitchError(f"expected name=value, not {pair!r}")
        changes[name] = value
    return default_switches(dialect).changed(changes, from_text=True)
