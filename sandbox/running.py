"""Run the sandbox on a socket: in this process's main thread, or beside a test."""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.server import create_app
from sandbox.switches import DialectName, default_switches
from sandbox.world import World


class _CuttableProtocol(HttpToolsProtocol):
    """Hands the application the means to drop the TCP connection, which ASGI does not know."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        inner = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})["sandbox.abort"] = transport.abort
            await inner(scope, receive, send)

        self.app = app


class Server(uvicorn.Server):
    """Calls `on_listening` once the socket is served."""

    def __init__(
        self,
        world: World,
        prefix: str,
        on_listening: Callable[[], object],
        certificate: Path | None = None,
    ) -> None:
        config = uvicorn.Config(
            create_app(world, prefix),
            http=_CuttableProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            date_header=False,  # the sandbox has its own clock
            server_header=False,
            backlog=2048,
            ssl_certfile=certificate,
        )
        super().__init__(config)
        self._on_listening = on_listening
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self._on_listening()

    async def main_loop(self) -> None:
        # uvicorn looks ten times a second: too slow for tests that start a server each.
        await self._over.wait()

    def stop(self) -> None:
        """End it, from whatever thread."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._over.set)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self.stop()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End at once: a request that a fault holds up must not hold up the end."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        log = logging.getLogger("uvicorn.error")
        level = log.level
        log.setLevel(logging.CRITICAL)  # it would print a traceback for each cancelled request
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        log.setLevel(level)


def listen(host: str, port: int) -> socket.socket:
    """Bind `port`, or a free one where it is 0.

    Raises:
        OSError: the port is taken or the host is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


@dataclass(frozen=True, slots=True)
class Sandbox:
    url: str  # no slash at the end
    world: World

    @property
    def api_key(self) -> str:
        return self.world.api_key

    @property
    def dialect(self) -> DialectName:
        return self.world.dialect

    @property
    def email(self) -> str:
        return self.world.email

    @property
    def password(self) -> str:
        return self.world.password


@contextmanager
def run_sandbox(
    *,
    tickets: int = 300,
    seed: int = 1,
    api_key: str = "sandbox-key",
    dialect: DialectName = "tickets",
    email: str = "sync@example.test",
    password: str = "sandbox-password",  # noqa: S107 - of an invented account
    prefix: str = "",
    certificate: Path | None = None,
    world: World | None = None,
    **switches: Any,
) -> Iterator[Sandbox]:
    """Run a sandbox on a free port in a thread of this process; yields once it answers.

    Args:
        dialect: which API it speaks; `email` and `password` sign in to ``entities``.
        certificate: PEM file with key and certificate; it speaks HTTPS then.
        world: the account that is served; a new one by the other arguments where it is None.
    """
    world = world or World(
        tickets=tickets,
        seed=seed,
        api_key=api_key,
        dialect=dialect,
        email=email,
        password=password,
        switches=default_switches(dialect).changed(switches),
    )
    listener = listen("127.0.0.1", 0)
    listening = threading.Event()
    server = Server(world, prefix, listening.set, certificate)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    if not listening.wait(10):
        raise RuntimeError("the sandbox did not start within 10 seconds")
    try:
        scheme = "https" if certificate else "http"
        yield Sandbox(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}{prefix}", world)
    finally:
        server.stop()
        thread.join(10)
        listener.close()
