"""A TCP proxy that cuts connections in the middle of an answer."""

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from queue import Queue
from urllib.parse import urlsplit

from tests.integration.sync_world import World

WHOLE = 3  # one connection of three is not cut
LONGEST = 20_000
CHUNK = 4_096


class CuttableProxy:
    """Forwards connections to one port of this machine, and cuts some of them.

    A connection that will be cut may return a limited number of bytes from the server. If that
    number is 0, the request is delivered and no byte of its answer returns.
    """

    def __init__(self, target: int, pick: random.Random) -> None:
        self._target, self._pick = target, pick
        self.cut = 0
        self.port = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        yield
        server.close()

    async def _carry(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, forth = await asyncio.open_connection("127.0.0.1", self._target)
        is_whole = not self._pick.randrange(WHOLE)
        allowance = None if is_whole else self._pick.randrange(LONGEST)
        ways = [
            asyncio.create_task(_pump(near, forth, None)),
            asyncio.create_task(_pump(far, back, allowance)),
        ]
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            self.cut += any(way.result() for way in done)
        finally:
            for way in ways:
                way.cancel()
            for end in (forth, back):
                end.transport.abort()


async def _pump(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, allowance: int | None
) -> bool:
    """Whether it ended because no more was allowed."""
    try:
        while data := await source.read(CHUNK):
            if allowance is not None and len(data) > allowance:
                sink.write(data[:allowance])
                await sink.drain()
                return True
            allowance = None if allowance is None else allowance - len(data)
            sink.write(data)
            await sink.drain()
    except ConnectionError:
        pass
    return False


@contextmanager
def fragile(world: World, pick: random.Random) -> Iterator[tuple[World, list[CuttableProxy]]]:
    """The same world through two proxies, one to PostgreSQL and one to QContact."""
    database, qcontact = urlsplit(world.database), urlsplit(world.sandbox.url)
    proxies = [CuttableProxy(address.port or 0, pick) for address in (database, qcontact)]
    near = database.netloc.rpartition(":")[0]
    with _carried(proxies):
        yield (
            replace(
                world,
                database=database._replace(netloc=f"{near}:{proxies[0].port}").geturl(),
                sandbox=replace(world.sandbox, url=f"http://127.0.0.1:{proxies[1].port}"),
            ),
            proxies,
        )


@contextmanager
def _carried(proxies: list[CuttableProxy]) -> Iterator[None]:
    """Run the proxies in a thread; cut what is still open at the end."""
    loops: Queue[asyncio.AbstractEventLoop] = Queue()
    over = asyncio.Event()

    async def carry() -> None:
        async with AsyncExitStack() as servers:
            for proxy in proxies:
                await servers.enter_async_context(proxy.listening())
            loops.put(asyncio.get_running_loop())
            await over.wait()

    thread = threading.Thread(target=asyncio.run, args=[carry()])
    thread.start()
    loop = loops.get(timeout=30)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
