"""Tasks that run at the same time and end together."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Set
from contextlib import suppress
from typing import Generic, TypeVar

Item = TypeVar("Item")


async def run_all(coroutines: Iterable[Coroutine[object, object, None]]) -> None:
    """Run all; the first error cancels the others and is raised as it is, not in a group."""
    tasks = {asyncio.ensure_future(coroutine) for coroutine in coroutines}
    if not tasks:
        return
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


class WeightLimit:
    """The limit of what several readers read ahead together.

    Args:
        most: Sum of the weights of all items that wait.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._weight = 0
        self._is_less = asyncio.Event()

    async def add(self, weight: int, is_needed: Callable[[], bool]) -> None:
        """Wait until there is room for an item, or its reader has none that waits."""
        while self._weight + weight > self._most and not is_needed():
            self._is_less.clear()
            await self._is_less.wait()
        self._weight += weight

    def remove(self, weight: int) -> None:
        """The item does not wait any more."""
        self._weight -= weight
        self._is_less.set()


class ReadAhead(Generic[Item]):
    """Reads ahead while the caller works; must be closed.

    Args:
        limit: Most items that wait.
        together: Limits the weight of what waits, together with other readers; one item may wait
            whatever it weighs.
        weigh: An item's weight.
    """

    def __init__(
        self,
        items: AsyncIterator[Item],
        limit: int,
        together: WeightLimit | None = None,
        weigh: Callable[[Item], int] = lambda _: 0,
    ) -> None:
        self._queue: asyncio.Queue[tuple[Item | Exception | None, int]] = asyncio.Queue(limit)
        self._together = together or WeightLimit(0)
        self._weigh = weigh
        self._filler = asyncio.ensure_future(self._fill(items))

    async def _fill(self, items: AsyncIterator[Item]) -> None:
        try:
            async for item in items:
                weight = self._weigh(item)
                await self._together.add(weight, self._queue.empty)
                await self._queue.put((item, weight))
        except Exception as error:  # raised in the caller, who waits at the other end
            await self._queue.put((error, 0))
        else:
            await self._queue.put((None, 0))

    def __aiter__(self) -> "ReadAhead[Item]":
        return self

    async def __anext__(self) -> Item:
        item, weight = await self._queue.get()
        self._together.remove(weight)
        if item is None:
            raise StopAsyncIteration
        if isinstance(item, Exception):
            raise item
        return item

    async def close(self) -> None:
        """Stop reading ahead and free the weight of what was not handed out."""
        self._filler.cancel()
        with suppress(asyncio.CancelledError):
            await self._filler
        while not self._queue.empty():
            self._together.remove(self._queue.get_nowait()[1])


class KeyedTasks:
    """Runs tasks at the same time, at most ``limit``, and never two that share a key.

    The block ends when all tasks have; an error cancels the others and is raised as it is.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._running: dict[asyncio.Task[None], Set[str]] = {}
        self._taken: set[str] = set()
        self._error: BaseException | None = None
        self._has_ended = asyncio.Event()

    async def __aenter__(self) -> "KeyedTasks":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                await self.finish()
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def start(
        self, keys: Set[str], work: Callable[[], Coroutine[object, object, None]]
    ) -> None:
        """Start as soon as a task may be added and none that shares a key is running."""
        while len(self._running) >= self._limit or not keys.isdisjoint(self._taken):
            await self._wait_for_one()
        self._taken |= keys
        task = asyncio.create_task(work())
        self._running[task] = keys
        task.add_done_callback(self._end)

    async def finish(self) -> None:
        """Wait until no task is running."""
        while self._running:
            await self._wait_for_one()
        self._raise_error()

    def _end(self, task: asyncio.Task[None]) -> None:
        self._taken -= self._running.pop(task)
        if not task.cancelled():
            self._error = self._error or task.exception()
        self._has_ended.set()

    async def _wait_for_one(self) -> None:
        self._raise_error()
        self._has_ended.clear()
        await self._has_ended.wait()
        self._raise_error()

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error
