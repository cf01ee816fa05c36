"""XN2: a certificate that does not verify is never accepted, and not asked for twice."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from qcontact_sync.core.errors import ErrorCode, FatalError
from qcontact_sync.qcontact.tickets_dialect import open_client

from tests.integration.certificates import Authority, server_context
from tests.integration.qcontact.scripted_server import KEY, reply


async def test_an_unknown_issuer_is_fatal_and_nothing_is_sent(tmp_path, script, options, clock):
    script.answer(reply(204))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", script.handle)
    async with TestServer(app, scheme="https") as server:
        await server.start_server(ssl=server_context(Authority(tmp_path).issue("127.0.0.1")))
        url = str(server.make_url("/"))
        async with open_client(url=url, key=SecretStr(KEY), options=options) as client:
            with pytest.raises(FatalError) as caught:
                await client.check()
    assert caught.value.code is ErrorCode.NETWORK_ERROR
    assert script.seen == []
    assert clock.slept == []
