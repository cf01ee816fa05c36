"""Running things side by side, ended together."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import suppress
from typing import TypeVar

Item = TypeVar("Item")


async def run_all(coroutines: Iterable[Coroutine[object, object, None]]) -> None:
    """Run all; the first error cancels the rest and is raised as it is, not in a group."""
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


async def read_ahead(items: AsyncIterator[Item], limit: int) -> AsyncIterator[Item]:
    """Read on while the caller works, but only ``limit`` items far: memory stays bounded."""
    queue: asyncio.Queue[Item | Exception | None] = asyncio.Queue(limit)

    async def fill() -> None:
        try:
            async for item in items:
                await queue.put(item)
        except Exception as error:  # raised in the caller, who waits at the other end
            await queue.put(error)
        else:
            await queue.put(None)

    filler = asyncio.create_task(fill())
    try:
        while (item := await queue.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        filler.cancel()
        with suppress(asyncio.CancelledError):
            await filler
