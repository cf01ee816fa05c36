"""A client, and the scripted server it talks to over a real socket."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from uuid import uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from qcontact_sync.core.model import LocalId, Note
from qcontact_sync.qcontact.tickets_dialect import TicketsClient, open_client
from qcontact_sync.qcontact.transport import ClientOptions

from tests.integration.qcontact.scripted_server import KEY, Script, WaitlessClock


@pytest.fixture
def clock() -> WaitlessClock:
    return WaitlessClock()


@pytest.fixture
def options(clock: WaitlessClock) -> ClientOptions:
    return ClientOptions(timeout_s=5, clock=clock, sleep=clock.sleep)


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
async def server_url(script: Script) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", script.handle)
    server = TestServer(app)
    # Its access log shows full URLs, which is what the secrecy tests look for in ours.
    await server.start_server(shutdown_timeout=0.1, access_log=None)
    yield str(server.make_url("/"))
    script.over.set()
    await server.close()


@pytest.fixture
def connect(server_url: str, options: ClientOptions):
    """Open a client to the scripted server, with some options changed."""

    def opened(prefix: str = "", **changes: object) -> AbstractAsyncContextManager[TicketsClient]:
        return open_client(
            url=server_url + prefix,
            key=SecretStr(KEY),
            options=replace(options, **changes),
        )

    return opened


@pytest.fixture
def a_note() -> Note:
    return Note(uuid4(), LocalId(uuid4()), "Done", is_internal=False)
