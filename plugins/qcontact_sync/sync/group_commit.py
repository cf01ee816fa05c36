"""Group commit: what is ready at the same time is committed together; nothing waits for more."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from qcontact_sync.core.errors import FatalError, RetryableError

Item = TypeVar("Item")


class GroupCommit(Generic[Item]):
    """Commits items in as few transactions as their arrival allows; each caller learns its own end.

    While one transaction runs, the next ones gather: alone an item costs what it always did, many
    share. Where an item spoils its group, each is committed alone.

    Args:
        commit: Carries out one transaction for these items.
        most: Items of one transaction.
    """

    def __init__(self, commit: Callable[[Sequence[Item]], Awaitable[None]], most: int) -> None:
        self._commit = commit
        self._most = most
        self._turn = asyncio.Lock()
        self._waiting: deque[tuple[Item, asyncio.Future[Exception | None]]] = deque()

    async def submit(self, item: Item) -> None:
        """Return when the item is committed.

        Raises:
            Exception: What its transaction raised.
        """
        end: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, end))
        async with self._turn:
            while not end.done():
                await self._commit_next()
        if error := end.result():
            raise error

    async def _commit_next(self) -> None:
        group = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        try:
            error = await self._outcome([item for item, _ in group])
            if error is not None and len(group) > 1 and not _concerns_all(error):
                for item, end in group:
                    end.set_result(await self._outcome([item]))
            else:
                for _, end in group:
                    end.set_result(error)
        finally:
            # Cut off in between: those who wait here are being cut off as well.
            for _, end in group:
                end.cancel()

    async def _outcome(self, items: Sequence[Item]) -> Exception | None:
        try:
            await self._commit(items)
        except Exception as error:  # raised in each who submitted
            return error
        return None


def _concerns_all(error: Exception) -> bool:
    return isinstance(error, FatalError | RetryableError)
