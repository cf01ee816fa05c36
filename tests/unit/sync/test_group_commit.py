"""What is ready at the same time shares a transaction, and nobody pays for another's trouble."""

import asyncio
from collections.abc import Sequence
from itertools import chain

import pytest
from qcontact_sync.core.errors import ErrorCode, LeaseLost, TicketError
from qcontact_sync.sync.group_commit import GroupCommit


class Database:
    """Remembers the groups it committed; refuses items that are ``bad``."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.error: Exception | None = None

    async def commit(self, items: Sequence[str]) -> None:
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        if "bad" in items:
            raise TicketError("refused", ErrorCode.DATABASE_ERROR)
        self.groups.append(list(items))


async def submit_all(commits: GroupCommit[str], *items: str) -> list[BaseException | None]:
    return await asyncio.gather(*map(commits.submit, items), return_exceptions=True)


async def settled_turns() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_single_item_is_committed_at_once() -> None:
    database = Database()
    await GroupCommit(database.commit, 50).submit("a")
    assert database.groups == [["a"]]


async def test_items_that_arrive_during_a_transaction_share_the_next() -> None:
    database = Database()
    await submit_all(GroupCommit(database.commit, 50), "a", "b", "c", "d")
    assert sorted(chain(*database.groups)) == ["a", "b", "c", "d"]
    assert len(database.groups) < 4


async def test_group_size_is_limited() -> None:
    database = Database()
    await submit_all(GroupCommit(database.commit, 2), *"abcdefg")
    assert max(map(len, database.groups)) == 2
    assert sorted(chain(*database.groups)) == list("abcdefg")


async def test_group_waits_for_an_expected_item() -> None:
    database = Database()
    commits = GroupCommit(database.commit, 50, linger_s=3600)
    with commits.expected():
        first = asyncio.ensure_future(commits.submit("a"))
        await settled_turns()
        assert not database.groups
    await commits.submit("b")
    await first
    assert database.groups == [["a", "b"]]


async def test_group_that_is_full_waits_for_no_expected_item() -> None:
    database = Database()
    commits = GroupCommit(database.commit, 2, linger_s=3600)
    with commits.expected():
        await submit_all(commits, "a", "b")
    assert database.groups == [["a", "b"]]


async def test_urgent_item_takes_along_what_waits() -> None:
    database = Database()
    commits = GroupCommit(database.commit, 50, linger_s=3600)
    with commits.expected():
        await asyncio.gather(commits.submit("a"), commits.submit("b", is_urgent=True))
    assert database.groups == [["a", "b"]]


async def test_group_waits_no_longer_than_its_limit() -> None:
    database = Database()
    commits = GroupCommit(database.commit, 50, linger_s=0)
    with commits.expected():
        await commits.submit("a")
    assert database.groups == [["a"]]


async def test_item_that_breaks_its_group_fails_alone() -> None:
    database = Database()
    ends = await submit_all(GroupCommit(database.commit, 50), "a", "b", "bad", "c")
    assert [type(end) for end in ends] == [type(None), type(None), TicketError, type(None)]
    assert sorted(chain(*database.groups)) == ["a", "b", "c"]


async def test_error_that_concerns_all_is_raised_for_all_without_retry() -> None:
    database = Database()
    database.error = LeaseLost()
    tries: list[int] = []

    async def commit(items: Sequence[str]) -> None:
        tries.append(len(items))
        await database.commit(items)

    ends = await submit_all(GroupCommit(commit, 50), "a", "b", "c")
    assert [type(end) for end in ends] == [LeaseLost] * 3
    assert sum(tries) == 3


async def test_cancelled_transaction_leaves_no_caller_waiting() -> None:
    started = asyncio.Event()

    async def commit(_items: Sequence[str]) -> None:
        started.set()
        await asyncio.sleep(3600)

    commits = GroupCommit(commit, 50)
    leader = asyncio.ensure_future(commits.submit("a"))
    await started.wait()
    follower = asyncio.ensure_future(commits.submit("b"))
    await asyncio.sleep(0)
    leader.cancel()
    follower.cancel()
    for task in (leader, follower):
        with pytest.raises(asyncio.CancelledError):
            await task
