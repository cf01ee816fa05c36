"""Pages that fail side by side are one failure, and none of it is left lying about."""

import asyncio
import gc
from datetime import UTC, datetime
from typing import Any

import pytest
from qcontact_sync.core.errors import ErrorCode, RetryableError
from qcontact_sync.core.model import Page, RemoteId, RemoteTicket, Window
from qcontact_sync.qcontact.tickets_dialect import TicketsClient
from qcontact_sync.sync.reader import ListReader


class FirstPageOnly(TicketsClient):
    """Lists its first page, and fails at all others in the same moment."""

    def __init__(self) -> None:
        pass

    async def list_page(self, window: Window, page: int, page_size: int) -> Page:
        if page > 1:
            raise RetryableError("GET /tickets: 503", ErrorCode.SERVER_ERROR)
        return Page((RemoteTicket(RemoteId("1"), {}),), 5, 1, 1, has_more=True)


async def test_pages_that_fail_together_leave_no_unretrieved_error() -> None:
    never_taken: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, it: never_taken.append(it))
    reader = ListReader(FirstPageOnly(), page_size=1)
    with pytest.raises(RetryableError):
        async for _ in reader.read(Window(None, datetime(2026, 1, 1, tzinfo=UTC))):
            pass
    gc.collect()
    assert never_taken == []
