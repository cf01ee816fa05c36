"""Group commit: items that are ready at the same time are committed in one transaction."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from qcontact_sync.core.errors import MAYBE_ONE_ROW, FatalError, RetryableError

Item = TypeVar("Item")


class GroupCommit(Generic[Item]):
    """Commits items in groups; each caller gets the result of its own item.

    Items that arrive while a transaction runs form the next group; an item never waits for others
    to arrive. If a group fails because of one item, each item is committed alone.

    Args:
        commit: Carries out one transaction for these items.
        most: Largest number of items in one transaction.
    """

    def __init__(self, commit: Callable[[Sequence[Item]], Awaitable[None]], most: int) -> None:
        self._commit = commit
        self._most = most
        self._committing = asyncio.Lock()
        self._waiting: deque[tuple[Item, asyncio.Future[Exception | None]]] = deque()

    async def submit(self, item: Item) -> None:
        """Wait until the item is committed.

        Raises:
            Exception: What its transaction raised.
        """
        end: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, end))
        async with self._committing:
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
            # If this task was cancelled, those that wait for this group are cancelled as well.
            for _, end in group:
                end.cancel()

    async def _outcome(self, items: Sequence[Item]) -> Exception | None:
        try:
            await self._commit(items)
        except Exception as error:  # raised in each who submitted
            return error
        return None


def _concerns_all(error: Exception) -> bool:
    is_narrowed = isinstance(error, MAYBE_ONE_ROW)
    return isinstance(error, FatalError | RetryableError) and not is_narrowed
