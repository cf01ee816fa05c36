"""Running things side by side, ended together."""

import asyncio
from collections.abc import Coroutine, Iterable


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
