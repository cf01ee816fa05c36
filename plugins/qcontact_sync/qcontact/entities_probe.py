"""Properties of a tenant that are not known beforehand; ``doctor`` asks for them once."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qcontact_sync.core.errors import FatalError, SyncError, TicketError
from qcontact_sync.core.model import RowPage
from qcontact_sync.qcontact.entities_dialect import LARGEST_PAGE, EntitiesClient
from qcontact_sync.qcontact.entities_lists import ALL_QUEUES, list_query
from qcontact_sync.qcontact.received_fields import storable

TRIED_PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """One thing found out.

    Attributes:
        topic: ``page size``, ``sort``, ``row columns``, ``updated_at``, ``events`` or
            ``entity_types``.
        text: What the tenant does; names of columns, never values.
        is_known: False where the tenant refused to say, or had nothing to show it by.
    """

    topic: str
    text: str
    is_known: bool = True


async def probe(client: EntitiesClient) -> Sequence[ProbeResult]:
    """Ask for pages, one case and its events; nothing is written.

    Raises:
        FatalError: Credentials are refused, or the list of cases cannot be read at all.
        RetryableError: QContact is in trouble.
    """
    first = await client.list_cases(1, LARGEST_PAGE, client.queues[0])
    return [
        await _found("page size", lambda: _page_size(client)),
        _sort(first),
        await _found("row columns", lambda: _columns(client)),
        await _found("updated_at", lambda: _stamp(client, first)),
        await _found("events", lambda: _events(client, first)),
        await _found("entity_types", lambda: _fields(client)),
    ]


async def assignees(client: EntitiesClient) -> str:
    """The assignees of the newest cases with their ids, most cases first: a sentence for a person.

    Raises:
        SyncError: The list cannot be read.
    """
    listing = await client.ask("/entities/Case", list_query(1, LARGEST_PAGE, ALL_QUEUES))
    rows = listing.get("results") if isinstance(listing, dict) else None
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    seen = Counter(_assignee(row) for row in rows)
    named = [f"{name}: {count}" for name, count in seen.most_common() if name]
    if not named:
        return "the newest cases show no assignees"
    return f"assignees of the newest {len(rows)} cases: {', '.join(named)}"


def _assignee(row: Mapping[str, Any]) -> str:
    shown, label = row.get("__assigned_to"), row.get("assigned_to")
    remote_id = str(shown) if isinstance(shown, str | int) else ""
    if not remote_id.isdigit():
        return ""
    return f"{remote_id} ({storable(label)})" if isinstance(label, str) else remote_id


async def _found(topic: str, ask: Callable[[], Awaitable[ProbeResult]]) -> ProbeResult:
    try:
        return await ask()
    except (TicketError, FatalError) as error:
        return ProbeResult(topic, f"the tenant does not say ({error.code})", is_known=False)
    except SyncError as error:
        return ProbeResult(topic, f"not answered ({error.code})", is_known=False)


async def _page_size(client: EntitiesClient) -> ProbeResult:
    page = await client.list_cases(1, TRIED_PAGE_SIZE, client.queues[0])
    size = max(page.page_size if page.page_size < TRIED_PAGE_SIZE else 0, len(page.rows))
    if len(page.rows) == TRIED_PAGE_SIZE:
        text = f"{TRIED_PAGE_SIZE} cases in a page are given; the sync asks for {LARGEST_PAGE}"
    elif page.page_size < TRIED_PAGE_SIZE:
        text = f"at most {size} cases in a page"
    else:
        return ProbeResult("page size", "too few cases to tell", is_known=False)
    return ProbeResult("page size", text)


def _sort(first: RowPage) -> ProbeResult:
    ids = [int(row.id) for row in first.rows if row.id.isdigit()]
    if len(ids) < 2:
        return ProbeResult("sort", "too few cases to tell", is_known=False)
    is_sorted = ids == sorted(ids, reverse=True)
    text = "newest case first" if is_sorted else "in no order: `sort` is ignored"
    return ProbeResult("sort", text)


async def _columns(client: EntitiesClient) -> ProbeResult:
    listing = await client.ask("/entities/Case", list_query(1, 1, client.queues[0]))
    rows = listing.get("results") if isinstance(listing, dict) else None
    if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict):
        return ProbeResult("row columns", "no case to tell by", is_known=False)
    names = sorted(n for n in map(_name, rows[0]) if n and not n.startswith("__"))
    missing = [n for n in ("status", "category", "assigned_to") if n not in names]
    lack = f"; without {', '.join(missing)}" if missing else ""
    return ProbeResult("row columns", f"{', '.join(names)}{lack}")


async def _stamp(client: EntitiesClient, first: RowPage) -> ProbeResult:
    if not first.rows:
        return ProbeResult("updated_at", "no case to tell by", is_known=False)
    case = await client.get(first.rows[0].id)
    has = "have" if case.updated_at is not None else "do not have"
    return ProbeResult("updated_at", f"cases {has} the time of their last change")


async def _events(client: EntitiesClient, first: RowPage) -> ProbeResult:
    if not first.rows:
        return ProbeResult("events", "no case to tell by", is_known=False)
    remote_id = first.rows[0].id
    page = await client.list_events(remote_id, 1)
    if page is None:
        return ProbeResult("events", "none: whether a note arrived cannot be looked up")
    next_page = await client.list_events(remote_id, 2)
    is_repeated = next_page is not None and page.ids and list(next_page.ids) == list(page.ids)
    paging = "the second page repeats the first" if is_repeated else "pages follow one another"
    return ProbeResult("events", f"{len(page.ids)} in the first page; {paging}")


async def _fields(client: EntitiesClient) -> ProbeResult:
    described = await client.ask("/entity_types/Case")
    fields = described.get("fields") if isinstance(described, dict) else None
    names: list[str] = []
    if isinstance(fields, Mapping):
        names = [n for n in map(_name, fields) if n]
    elif isinstance(fields, list):
        names = [n for n in (_name(f.get("name")) for f in fields if isinstance(f, dict)) if n]
    if not names:
        return ProbeResult("entity_types", "answered, without a list of fields", is_known=False)
    return ProbeResult("entity_types", f"{len(names)} fields: {', '.join(sorted(names))}")


def _name(received: Any) -> str | None:
    is_name = isinstance(received, str) and received.isidentifier() and len(received) <= 64
    return received if is_name else None
