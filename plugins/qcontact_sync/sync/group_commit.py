"""Group commit: items that are ready at the same time are committed in one transaction."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Generic, TypeVar

from qcontact_sync.core.errors import MAYBE_ONE_ROW, FatalError, RetryableError

Item = TypeVar("Item")


class GroupCommit(Generic[Item]):
    """Commits items in groups; each caller gets the result of its own item.

    Items that arrive while a transaction runs form the next group. A group that is not full waits a
    moment for the items that are expected. If a group fails because of one item, each item is
    committed alone.

    Args:
        commit: Carries out one transaction for these items.
        most: Largest number of items in one transaction.
        linger_s: How long a group waits for items that are expected.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Item]], Awaitable[None]],
        most: int,
        linger_s: float = 0.0,
    ) -> None:
        self._commit = commit
        self._most = most
        self._linger_s = linger_s
        self._expected = 0
        self._is_urgent = False
        self._changed = asyncio.Event()
        self._committing = asyncio.Lock()
        self._waiting: deque[tuple[Item, asyncio.Future[Exception | None]]] = deque()

    @contextmanager
    def expected(self) -> Iterator[None]:
        """While the block runs, another item may soon be submitted."""
        self._expected += 1
        try:
            yield
        finally:
            self._expected -= 1
            self._changed.set()

    async def submit(self, item: Item, *, is_urgent: bool = False) -> None:
        """Wait until the item is committed.

        Args:
            is_urgent: Its group does not wait for more items.

        Raises:
            Exception: What its transaction raised.
        """
        end: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, end))
        self._is_urgent = self._is_urgent or is_urgent
        self._changed.set()
        async with self._committing:
            while not end.done():
                await self._gather()
                await self._commit_next()
        if error := end.result():
            raise error

    async def _gather(self) -> None:
        """Wait until the group is full, no item is expected, or it has waited long enough."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._linger_s):
                while self._expected and not self._is_urgent and len(self._waiting) < self._most:
                    self._changed.clear()
                    await self._changed.wait()
        self._is_urgent = False

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
