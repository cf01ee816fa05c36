"""QContact's lists of cases and events from JSON (docs/sandbox.md, "Events")."""

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from qcontact_sync.core.canon import canonical_text
from qcontact_sync.core.model import ListedRow, RemoteId, RemoteNote, RowPage
from qcontact_sync.qcontact.json_bodies import UnexpectedBody, untyped
from qcontact_sync.qcontact.received_fields import (
    MalformedTicket,
    read_id,
    read_stamp,
    storable,
)

SHAPE_ROWS = 10
"""If this many rows all lack an id, the cases are not malformed: the API has changed."""
ALL_QUEUES = ""
"""The queue of all cases that the account sees."""
NEWEST_FIRST = "id DESC"
MAX_DEPTH = 10
PAGE_SIZES_ARE_MULTIPLES_OF = 5
_LOOKS = re.compile(r"icon|colou?r|.*(__|_)(icon|colou?r)", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_LINE_END = re.compile(r"<br\s*/?>|</(?:p|div|li)>", re.IGNORECASE)
# No character has such a number, and Python refuses to convert thousands of digits.
_HUGE_REFERENCE = re.compile(r"&#[0-9]{100,};?")


def list_query(page: int, page_size: int, queue: str) -> dict[str, str]:
    """The query for one page of a queue's list."""
    # `equals` alone: `view=all` shows nothing, and `not_equals` is answered with 500.
    conditions = [{"name": "assigned_to", "value": queue, "operator": "equals"}]
    filters = [{"operator": "all", "conditions": conditions}] if queue else []
    return {
        "page": str(page),
        "items": str(page_size),
        "sort": NEWEST_FIRST,
        "filters": json.dumps(filters),
    }


def decode_rows(
    body: bytes, *, page: int, page_size: int, server_time: datetime | None = None
) -> RowPage:
    """One answer of the list of cases.

    Args:
        page, page_size: As asked for; they stand where the answer does not say.

    Raises:
        UnexpectedBody: Not JSON, no list, or rows that are no cases any more.
    """
    listing = untyped(body)
    received = listing.get("results") if isinstance(listing, dict) else None
    if not isinstance(listing, dict) or not isinstance(received, list):
        raise UnexpectedBody("not a list of cases")
    rows: list[ListedRow] = []
    malformed: list[tuple[str, str]] = []
    incomplete = 0
    for row in received:
        try:
            rows.append(build_row(row))
        except MalformedTicket as error:
            malformed.append((error.remote_id, error.reason))
            incomplete += error.is_incomplete
    if incomplete == len(received) >= SHAPE_ROWS:
        raise UnexpectedBody("no row has an id")
    answered = listing.get("pagination")
    pagination = answered if isinstance(answered, dict) else listing
    count = pagination.get("count")
    return RowPage(
        tuple(rows),
        _count(pagination.get("page")) or page,
        _count(pagination.get("items")) or page_size,
        _count(listing.get("total") if count is None else count),
        _count(pagination.get("pages")),
        tuple(malformed),
        server_time,
    )


def build_row(received: object) -> ListedRow:
    """A row from decoded JSON.

    Raises:
        MalformedTicket: No usable id, or no case.
    """
    if not isinstance(received, dict):
        raise MalformedTicket("", "row is not an object")
    remote_id = read_id(received)
    if received.get("entity_type") not in (None, "", "Case"):
        raise MalformedTicket(remote_id, "the row is no case")
    status = received.get("__status") or received.get("status")
    return ListedRow(
        RemoteId(remote_id),
        row_digest(received),
        read_stamp("created_at", received.get("created_at"), []),
        (storable(status) or None) if isinstance(status, str) else None,
    )


def row_digest(row: Mapping[str, Any]) -> str:
    """Digest of what a row shows, raw and display values alike, without icons and colours.

    The order of keys does not count, nor does a column without a value: an administrator who
    shows an empty column changes no case.
    """
    shown = {
        key: plain
        for key, value in row.items()
        if not _LOOKS.fullmatch(key) and (plain := _plain(value)) not in (None, "", [], {})
    }
    text = json.dumps(shown, sort_keys=True, ensure_ascii=True)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _plain(value: Any, depth: int = MAX_DEPTH) -> Any:
    """A value as it is compared; what lies deeper than any row goes does not count."""
    if isinstance(value, bool) or value is None or not depth:
        return value if isinstance(value, bool) else None
    if isinstance(value, dict):
        shown = {key: inner for key, inner in value.items() if not _LOOKS.fullmatch(key)}
        return {key: _plain(inner, depth - 1) for key, inner in shown.items()}
    if isinstance(value, list):
        return [_plain(inner, depth - 1) for inner in value]
    # A number and its digits are one value: a server may send either.
    return canonical_text(str(value))[0]


def _count(received: object) -> int | None:
    if isinstance(received, str) and re.fullmatch(r"[0-9]{1,12}", received):
        received = int(received)
    return received if type(received) is int and received >= 0 else None


@dataclass(frozen=True, slots=True)
class EventPage:
    """One answer of a case's events.

    Attributes:
        ids: Of all events of the page, as text.
        notes: Those that are notes.
        is_readable: False where an event may be a note and cannot be read.
        count: Events of all pages, where the answer says so.
    """

    ids: Sequence[str]
    notes: Sequence[RemoteNote]
    is_readable: bool
    count: int | None

    def ends_list(self, seen: int) -> bool:
        """Whether all events were seen, where this page has none that is new.

        An empty page ends the list. A page that repeats does, too, unless the server may know no
        second page: then the first is as long as a page may be.

        Args:
            seen: Distinct events of all pages.
        """
        if self.count is not None:
            return seen >= self.count
        is_second_known = not self.ids or seen > len(self.ids)
        return is_second_known or seen % PAGE_SIZES_ARE_MULTIPLES_OF != 0


def decode_events(body: bytes) -> EventPage:
    """One answer of a case's events.

    Raises:
        UnexpectedBody: Not JSON, or no list.
    """
    listing = untyped(body)
    count = None
    if isinstance(listing, dict):
        pagination = listing.get("pagination")
        count = _count(pagination.get("count")) if isinstance(pagination, dict) else None
        listing = listing.get("results")
    if not isinstance(listing, list):
        raise UnexpectedBody("not a list of events")
    ids: list[str] = []
    notes: list[RemoteNote] = []
    is_readable = True
    for event in listing:
        try:
            ids.append(read_id(event) if isinstance(event, dict) else "")
            if ids[-1] and event.get("event_type") == "note":
                notes.append(_note(ids[-1], event))
        except MalformedTicket:
            is_readable = False
    return EventPage(ids, notes, is_readable and all(ids), count)


def plain_text(markup: str) -> str:
    """HTML as lines of text."""
    bare = _TAG.sub("", _LINE_END.sub("\n", markup))
    return html.unescape(_HUGE_REFERENCE.sub("\ufffd", bare))


def _note(event_id: str, event: Mapping[str, Any]) -> RemoteNote:
    subtitle, markup = event.get("subtitle"), event.get("html")
    is_public = event.get("public_note")
    if isinstance(subtitle, str) and subtitle.strip():
        text = subtitle
    elif isinstance(markup, str):
        text = plain_text(markup)
    else:
        raise MalformedTicket(event_id, "note without text")
    user, stamp = event.get("user"), event.get("raised_at") or event.get("created_at")
    author = user.get("label") if isinstance(user, dict) else None
    return RemoteNote(
        storable(event_id),
        storable(text),
        not is_public,
        author=(storable(author).strip() or None) if isinstance(author, str) else None,
        written_at=read_stamp("raised_at", stamp, []),
    )
