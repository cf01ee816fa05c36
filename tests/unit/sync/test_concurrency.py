"""Work that overlaps: bounded, never two at one ticket, nothing left running behind."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from qcontact_sync.sync.concurrency import KeyedTasks, ReadAhead


class Works:
    """Pieces of work that end when they are let go."""

    def __init__(self) -> None:
        self.running: set[str] = set()
        self.most = 0
        self.together: set[frozenset[str]] = set()
        self.gates: dict[str, asyncio.Event] = {}

    async def do(self, name: str) -> None:
        self.gates[name] = asyncio.Event()
        self.running.add(name)
        self.most = max(self.most, len(self.running))
        self.together.add(frozenset(self.running))
        try:
            await self.gates[name].wait()
        finally:
            self.running.discard(name)


async def let_go_one_after_another(works: Works, *names: str) -> None:
    for name in names:
        while name not in works.gates:
            await asyncio.sleep(0)
        works.gates[name].set()


async def test_no_more_tasks_run_at_once_than_the_limit() -> None:
    works = Works()
    letting_go = asyncio.ensure_future(let_go_one_after_another(works, *"abcd"))
    async with KeyedTasks(2) as tasks:
        for name in "abcd":
            await tasks.start({name}, lambda name=name: works.do(name))
    await letting_go
    assert works.most == 2


async def test_tasks_that_share_a_key_run_one_after_the_other() -> None:
    works = Works()
    letting_go = asyncio.ensure_future(let_go_one_after_another(works, *"abc"))
    async with KeyedTasks(3) as tasks:
        await tasks.start({"1", "2"}, lambda: works.do("a"))
        await tasks.start({"3"}, lambda: works.do("b"))
        await tasks.start({"2"}, lambda: works.do("c"))
    await letting_go
    assert not any({"a", "c"} <= together for together in works.together)
    assert frozenset({"a", "b"}) in works.together


async def test_error_is_raised_as_it_is_and_other_tasks_are_cancelled() -> None:
    works = Works()

    async def fail() -> None:
        raise ValueError("no")

    async def overlapping() -> None:
        async with KeyedTasks(2) as tasks:
            await tasks.start({"1"}, lambda: works.do("a"))
            await tasks.start({"2"}, fail)
            await tasks.finish()

    with pytest.raises(ValueError, match="no"):
        await overlapping()
    assert works.running == set()


async def test_error_of_a_task_that_has_ended_is_raised_at_the_end_of_the_block() -> None:
    async def fail() -> None:
        raise ValueError("no")

    async def overlapping() -> None:
        async with KeyedTasks(2) as tasks:
            await tasks.start({"1"}, fail)
            for _ in range(3):
                await asyncio.sleep(0)

    with pytest.raises(ValueError, match="no"):
        await overlapping()


async def numbers(seen: list[int]) -> AsyncIterator[int]:
    for number in range(100):
        seen.append(number)
        yield number


async def test_read_ahead_starts_at_once_and_stops_at_its_limit() -> None:
    seen: list[int] = []
    ahead = ReadAhead(numbers(seen), 3)
    for _ in range(50):
        await asyncio.sleep(0)
    assert 3 <= len(seen) <= 4
    await ahead.close()


async def test_read_ahead_returns_all_items_in_order_and_then_the_error() -> None:
    async def failing() -> AsyncIterator[int]:
        yield 1
        yield 2
        raise ValueError("torn")

    ahead = ReadAhead(failing(), 1)
    assert [await anext(ahead), await anext(ahead)] == [1, 2]
    with pytest.raises(ValueError, match="torn"):
        await anext(ahead)
    await ahead.close()
