"""A line to a server of this machine that can fall silent: open, and nothing comes through."""

import asyncio
import threading

from tests.integration.forwarder import CHUNK, Forwarder


class SilentLine(Forwarder):
    """Carries connections to one port; while it is silent it takes new ones and carries nothing."""

    def __init__(self, target: int) -> None:
        super().__init__(target)
        self._speaks = threading.Event()
        self._speaks.set()

    def fall_silent(self) -> None:
        self._speaks.clear()

    def speak_again(self) -> None:
        """New connections are carried; what was silent stays so."""
        self._speaks.set()

    async def forth(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        is_silent = False
        while data := await source.read(CHUNK):
            is_silent = is_silent or not self._speaks.is_set()
            if not is_silent:
                sink.write(data)
                await sink.drain()

    back = forth
