"""Connections to a port of this machine that a test can meddle with."""

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Self

CHUNK = 4_096
_HERE = "127.0.0.1"


class Forwarder:
    """Carries the connections that it takes to another port; at the end all of them are cut.

    Attributes:
        port: Where it listens.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self.port = 0
        self._is_over = False
        self._connections: list[asyncio.Task[None]] = []

    @property
    def accepted(self) -> int:
        """Connections so far."""
        return len(self._connections)

    async def forth(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Carry what the client says; the connection ends with it."""
        await carry(source, sink)

    async def back(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Carry what the server says; the connection ends with it."""
        await carry(source, sink)

    @contextmanager
    def carrying(self) -> Iterator[Self]:
        """In a thread of its own."""
        with socket.create_server((_HERE, 0)) as listener:
            listener.setblocking(False)
            self.port = listener.getsockname()[1]
            thread = threading.Thread(target=asyncio.run, args=[self._serve(listener)])
            thread.start()
            try:
                yield self
            finally:
                self._is_over = True
                socket.create_connection((_HERE, self.port)).close()
                thread.join()

    async def _serve(self, listener: socket.socket) -> None:
        """Take connections until one comes after the end.

        Not by a server of asyncio: what that has accepted when it is closed is never closed.
        """
        accept = asyncio.get_running_loop().sock_accept
        taken = []
        while not self._is_over:
            taken.append((await accept(listener))[0])
            self._connections.append(asyncio.create_task(self._connect(taken[-1])))
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        for line in taken:
            line.close()

    async def _connect(self, taken: socket.socket) -> None:
        near, back = await asyncio.open_connection(sock=taken)
        try:
            far, forth = await asyncio.open_connection(_HERE, self._target)
            try:
                await _first_of(self.forth(near, forth), self.back(far, back))
            finally:
                forth.transport.abort()
        finally:
            back.transport.abort()


async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(CHUNK):
        sink.write(data)
        await sink.drain()


async def _first_of(*ways: Coroutine[object, object, None]) -> None:
    """Both ways until one has ended."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        # A peer that is gone is no news.
        await asyncio.gather(*tasks, return_exceptions=True)
