"""A line to a server of this machine that can fall silent: open, and nothing comes through."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue

CHUNK = 4_096


class SilentLine:
    """Carries connections to one port; while it is silent it takes new ones and carries nothing."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._speaks = threading.Event()
        self._speaks.set()
        self.port = 0
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def accepted(self) -> int:
        """Connections so far."""
        return len(self._connections)

    def fall_silent(self) -> None:
        self._speaks.clear()

    def speak_again(self) -> None:
        """New connections are carried; what was silent stays so."""
        self._speaks.set()

    @contextmanager
    def carrying(self) -> Iterator["SilentLine"]:
        """In a thread of its own; at the end whatever is open is cut."""
        loops: Queue[asyncio.AbstractEventLoop] = Queue()
        over = asyncio.Event()

        async def carry() -> None:
            server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            loops.put(asyncio.get_running_loop())
            await over.wait()
            server.close()
            for connection in self._connections:
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

        thread = threading.Thread(target=asyncio.run, args=[carry()])
        thread.start()
        loop = loops.get(timeout=30)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(over.set)
            thread.join()

    def _accept(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        # Not the server's task: that one complains where it is cancelled.
        self._connections.add(asyncio.create_task(self._carry(near, back)))

    async def _carry(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, forth = await asyncio.open_connection("127.0.0.1", self._target)
        ways = [
            asyncio.create_task(self._pump(near, forth)),
            asyncio.create_task(self._pump(far, back)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for end in (forth, back):
                end.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        is_silent = False
        try:
            while data := await source.read(CHUNK):
                is_silent = is_silent or not self._speaks.is_set()
                if not is_silent:
                    sink.write(data)
                    await sink.drain()
        except ConnectionError:
            pass
