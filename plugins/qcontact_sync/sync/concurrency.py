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


class ReadAhead(Generic[Item]):
    """Reads up to ``limit`` items ahead while the caller works; must be closed."""

    def __init__(self, items: AsyncIterator[Item], limit: int) -> None:
        self._queue: asyncio.Queue[Item | Exception | None] = asyncio.Queue(limit)
        self._filler = asyncio.ensure_future(self._fill(items))

    async def _fill(self, items: AsyncIterator[Item]) -> None:
        try:
            async for item in items:
                await self._queue.put(item)
        except Exception as error:  # raised in the caller, who waits at the other end
            await self._queue.put(error)
        else:
            await self._queue.put(None)

    def __aiter__(self) -> "ReadAhead[Item]":
        return self

    async def __anext__(self) -> Item:
        item = await self._queue.get()
        if item is None:
            raise StopAsyncIteration
        if isinstance(item, Exception):
            raise item
        return item

    async def close(self) -> None:
        """Stop reading."""
        self._filler.cancel()
        with suppress(asyncio.CancelledError):
            await self._filler


class KeyedTasks:
    """Runs tasks at the same time, at most ``limit``, and never two that share a key.

    The block ends when all tasks have; an error cancels the others and is raised as it is.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._running: dict[asyncio.Task[None], Set[str]] = {}

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
        while len(self._running) >= self._limit or any(
            not keys.isdisjoint(others) for others in self._running.values()
        ):
            await self._wait_for_one()
        self._running[asyncio.create_task(work())] = keys

    async def finish(self) -> None:
        """Wait until no task is running."""
        while self._running:
            await self._wait_for_one()

    async def _wait_for_one(self) -> None:
        done, _ = await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            del self._running[task]
        for task in done:
            task.result()
