"""A TCP proxy that cuts connections in the middle of an answer."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

from tests.integration.forwarder import CHUNK, Forwarder, carry
from tests.integration.sync_world import World

WHOLE = 3  # one connection of three is not cut
LONGEST = 20_000


class CuttableProxy(Forwarder):
    """Forwards connections to one port of this machine, and cuts some of them.

    A connection that will be cut may return a limited number of bytes from the server. If that
    number is 0, the request is delivered and no byte of its answer returns.

    Attributes:
        cut: How many were.
    """

    def __init__(self, target: int, pick: random.Random) -> None:
        super().__init__(target)
        self._pick = pick
        self.cut = 0

    async def back(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        if not self._pick.randrange(WHOLE):
            await carry(source, sink)
            return
        allowance = self._pick.randrange(LONGEST)
        while data := await source.read(CHUNK):
            sink.write(data[:allowance])
            await sink.drain()
            if len(data) > allowance:
                self.cut += 1
                return
            allowance -= len(data)


@contextmanager
def fragile(world: World, pick: random.Random) -> Iterator[tuple[World, list[CuttableProxy]]]:
    """The same world through two proxies, one to PostgreSQL and one to QContact."""
    database, qcontact = urlsplit(world.database), urlsplit(world.sandbox.url)
    proxies = [CuttableProxy(address.port or 0, pick) for address in (database, qcontact)]
    near = database.netloc.rpartition(":")[0]
    with proxies[0].carrying(), proxies[1].carrying():
        yield (
            replace(
                world,
                database=database._replace(netloc=f"{near}:{proxies[0].port}").geturl(),
                sandbox=replace(world.sandbox, url=f"http://127.0.0.1:{proxies[1].port}"),
            ),
            proxies,
        )
