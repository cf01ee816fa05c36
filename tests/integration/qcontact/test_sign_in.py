"""Signing in to a tenant: once, for all requests; tokens as they are renewed and rotated."""

import asyncio
import logging
import os
import sys
import traceback
from dataclasses import replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from qcontact_sync.core.errors import ConfigError, ErrorCode, FatalError, RetryableError
from qcontact_sync.core.model import RemoteId
from qcontact_sync.qcontact.entities_dialect import open_entities_client
from qcontact_sync.qcontact.sign_in import sign_out_all
from qcontact_sync.qcontact.user_sessions import own_sessions

from tests.integration.qcontact.scripted_server import WaitlessClock, reply
from tests.integration.qcontact.scripted_tenant import EMAIL, PASSWORD, Tenant
from tests.integration.qcontact.test_secrecy import chain, variables

A_CASE = RemoteId("21924990061")
T1, T2, T3 = "token-very-secret-1", "token-very-secret-2", "token-very-secret-3"


@pytest.fixture
def tenant():
    return Tenant()


@pytest.fixture
async def tenant_url(tenant):
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", tenant.handle)
    server = TestServer(app)
    await server.start_server(shutdown_timeout=0.1, access_log=None)
    yield str(server.make_url("/"))
    for event in tenant.held.values():
        event.set()
    await server.close()


@pytest.fixture
def sign_in(tenant_url, options):
    def opened(password=PASSWORD, **changes):
        access = {"email": EMAIL, "password": SecretStr(password)}
        known = {name: changes.pop(name) for name in ("token", "client") if name in changes}
        return open_entities_client(
            url=tenant_url, **{**access, **known}, options=replace(options, **changes)
        )

    return opened


@pytest.fixture
def with_a_ready_token(tenant, sign_in):
    tenant.valid.add("ready-very-secret")
    return sign_in(token=SecretStr("ready-very-secret"), client="client-very-secret")


async def test_many_requests_share_one_sign_in(tenant, sign_in):
    async with sign_in() as client:
        await asyncio.gather(*(client.get(A_CASE) for _ in range(20)))
    assert tenant.sign_ins == [{"email": EMAIL, "password": PASSWORD}]
    assert set(tenant.tokens_seen) == {T1}
    headers = tenant.headers_seen[0]
    assert headers["uid"] == EMAIL
    assert headers["client"].startswith("client-very-secret")


async def test_one_connection_is_enough_to_sign_in(sign_in):
    async with sign_in(connections=1) as client:
        await asyncio.gather(*(client.get(A_CASE) for _ in range(3)))


async def test_the_next_client_of_the_process_is_signed_in_already(tenant, sign_in):
    for _ in range(2):
        async with sign_in() as client:
            await client.get(A_CASE)
    assert len(tenant.sign_ins) == 1


async def test_an_event_loop_after_another_shares_the_sign_in(tenant, sign_in):
    """As the tasks of a run have it: each runs a loop of its own."""

    async def look():
        async with sign_in() as client:
            await asyncio.gather(*(client.get(A_CASE) for _ in range(5)))

    for _ in range(3):
        await asyncio.to_thread(asyncio.run, look())
    assert len(tenant.sign_ins) == 1


async def test_tokens_may_be_in_the_body(tenant, sign_in):
    tenant.in_body = True
    async with sign_in() as client:
        await client.get(A_CASE)
    assert tenant.tokens_seen == [T1]


async def test_a_401_renews_once_for_all_requests(tenant, sign_in):
    async with sign_in() as client:
        await client.get(A_CASE)
        tenant.valid.clear()
        cases = await asyncio.gather(*(client.get(A_CASE) for _ in range(20)))
    assert {case.id for case in cases} == {A_CASE}
    assert len(tenant.sign_ins) == 2
    assert tenant.tokens_seen[-1] == T2


async def test_a_write_is_repeated_after_a_401_with_its_request_id(tenant, sign_in):
    async with sign_in() as client:
        await client.get(A_CASE)
        tenant.valid.clear()
        assert await client.update(A_CASE, {"status": "Open"}) is not None
    assert tenant.statuses == [200, 401, 200]
    ids = [headers["X-Request-ID"] for headers in tenant.headers_seen]
    assert ids[1] == ids[2]


async def test_a_request_that_waits_for_its_slot_goes_out_with_the_newest_token(tenant, sign_in):
    tenant.held[0] = asyncio.Event()
    tenant.rotations.append(T2)
    tenant.valid.add(T2)
    async with sign_in(connections=1) as client:
        first = asyncio.create_task(client.get(A_CASE))
        await tenant.wait_for_requests(1)
        second = asyncio.create_task(client.get(A_CASE))
        await asyncio.sleep(0)
        tenant.held[0].set()
        await asyncio.gather(first, second)
    assert tenant.tokens_seen == [T1, T2]


# --- rotation -------------------------------------------------------------------------------------


async def test_a_rotated_token_is_followed(tenant, sign_in):
    tenant.rotations.extend([T2, T3])
    tenant.valid |= {T2, T3}
    async with sign_in() as client:
        for _ in range(4):
            await client.get(A_CASE)
    assert tenant.tokens_seen == [T1, T2, T3, T3]
    assert len(tenant.sign_ins) == 1


@pytest.mark.parametrize("brought", ["", " ", None])
async def test_an_empty_token_changes_nothing(tenant, sign_in, brought):
    tenant.rotations.append(brought)
    async with sign_in() as client:
        await client.get(A_CASE)
        await client.get(A_CASE)
    assert tenant.tokens_seen == [T1, T1]


async def test_a_late_answer_does_not_bring_back_an_older_token(tenant, sign_in):
    """The first answer overtaken by the second, which brought the token after next."""
    tenant.held[0] = asyncio.Event()
    tenant.rotations.extend(["token-very-secret-late", T2, T3])
    tenant.valid |= {T2, T3}
    async with sign_in() as client:
        late = asyncio.create_task(client.get(A_CASE))
        await tenant.wait_for_requests(1)
        await client.get(A_CASE)
        await client.get(A_CASE)
        tenant.held[0].set()
        await late
        await client.get(A_CASE)
    assert tenant.tokens_seen == [T1, T1, T2, T3]


async def test_a_token_that_came_late_is_tried_before_signing_in_again(tenant, sign_in):
    """Two answers to one batch bring a token each, and the server counts the one that came last."""
    tenant.held[0] = asyncio.Event()
    tenant.rotations.extend([T3, T2])
    tenant.valid |= {T3}
    async with sign_in() as client:
        late = asyncio.create_task(client.get(A_CASE))
        await tenant.wait_for_requests(1)
        await client.get(A_CASE)
        tenant.held[0].set()
        await late
        await client.get(A_CASE)
    assert tenant.tokens_seen == [T1, T1, T2, T3]
    assert len(tenant.sign_ins) == 1


async def test_an_answer_of_the_session_before_does_not_end_the_new_one(tenant, sign_in):
    tenant.held[1] = asyncio.Event()
    async with sign_in() as client:
        await client.get(A_CASE)
        tenant.rotations.append("token-very-secret-late")
        late = asyncio.create_task(client.get(A_CASE))
        await tenant.wait_for_requests(2)
        tenant.valid.clear()
        await client.get(A_CASE)
        tenant.held[1].set()
        await late
        await client.get(A_CASE)
    assert tenant.tokens_seen == [T1, T1, T1, T2, T2]


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 422])
async def test_refused_credentials_stop_at_once_and_for_half_a_minute(
    tenant, sign_in, clock, status
):
    tenant.refusal = status
    async with sign_in() as client:
        refused = await asyncio.gather(
            *(client.get(A_CASE) for _ in range(5)), return_exceptions=True
        )
    assert {type(error) for error in refused} == {FatalError}
    assert {error.code for error in refused} == {ErrorCode.AUTHENTICATION_ERROR}
    assert "QCONTACT_PASSWORD" in str(refused[0])
    async with sign_in() as client:
        clock.elapsed_s += 29
        with pytest.raises(FatalError):
            await client.get(A_CASE)
    assert len(tenant.sign_ins) == 1
    tenant.refusal = None
    clock.elapsed_s += 2
    async with sign_in() as client:
        await client.get(A_CASE)
    assert len(tenant.sign_ins) == 2


async def test_a_corrected_password_is_tried_at_once(tenant, sign_in):
    tenant.refusal = 401
    async with sign_in("wrong") as client:
        with pytest.raises(FatalError):
            await client.get(A_CASE)
    tenant.refusal = None
    async with sign_in() as client:
        await client.get(A_CASE)


async def test_tokens_that_are_refused_right_after_the_sign_in_stop_the_run(tenant, sign_in):
    async def refuse_everything(request):
        tenant.valid.clear()
        return await Tenant._answer(tenant, request)

    tenant._answer = refuse_everything
    async with sign_in() as client:
        with pytest.raises(FatalError) as caught:
            await client.get(A_CASE)
        with pytest.raises(FatalError):
            await client.get(A_CASE)
    assert caught.value.code is ErrorCode.AUTHENTICATION_ERROR
    assert len(tenant.sign_ins) == 1


async def test_a_sign_in_that_fails_in_passing_is_tried_again(tenant, sign_in):
    answers = [reply(500), reply(503), tenant._sign_in]

    async def sometimes(request):
        return await answers.pop(0)(request)

    tenant._sign_in = sometimes
    async with sign_in() as client:
        assert (await client.get(A_CASE)).id == A_CASE


async def test_a_failing_sign_in_is_not_repeated_for_every_request_that_waits(tenant, sign_in):
    tenant.refusal = 500
    async with sign_in(retries=1) as client:
        failed = await asyncio.gather(
            *(client.get(A_CASE) for _ in range(10)), return_exceptions=True
        )
        assert {type(error) for error in failed} == {RetryableError}
        assert len(tenant.sign_ins) == 2
        tenant.refusal = None
        await client.get(A_CASE)


async def test_an_address_without_a_sign_in_is_said(tenant, sign_in):
    tenant.refusal = 404
    async with sign_in() as client:
        with pytest.raises(FatalError, match="QCONTACT_API_URL"):
            await client.get(A_CASE)


async def test_an_answer_without_tokens_is_not_believed(tenant, sign_in):
    tenant._sign_in = reply(200, {"data": {}})
    async with sign_in() as client:
        with pytest.raises(RetryableError) as caught:
            await client.get(A_CASE)
    assert caught.value.code is ErrorCode.PARSE_ERROR


# --- a ready token --------------------------------------------------------------------------------


async def test_a_ready_token_signs_nobody_in(tenant, with_a_ready_token):
    async with with_a_ready_token as client:
        await client.get(A_CASE)
    assert (tenant.sign_ins, tenant.tokens_seen) == ([], ["ready-very-secret"])
    assert tenant.headers_seen[0]["client"] == "client-very-secret"


async def test_a_ready_token_that_is_refused_stops_the_run(tenant, with_a_ready_token):
    tenant.valid.clear()
    async with with_a_ready_token as client:
        for _ in range(2):
            with pytest.raises(FatalError, match="QCONTACT_ACCESS_TOKEN") as caught:
                await client.get(A_CASE)
    assert caught.value.code is ErrorCode.AUTHENTICATION_ERROR
    assert len(tenant.tokens_seen) == 1


async def test_a_ready_token_is_rotated_too(tenant, with_a_ready_token):
    tenant.rotations.append(T2)
    tenant.valid.add(T2)
    async with with_a_ready_token as client:
        await client.get(A_CASE)
        await client.get(A_CASE)
    assert tenant.tokens_seen == ["ready-very-secret", T2]


# --- the end --------------------------------------------------------------------------------------


async def test_the_process_signs_out_what_it_signed_in(tenant, sign_in):
    async with sign_in() as client:
        await client.get(A_CASE)
    await asyncio.to_thread(sign_out_all)
    await asyncio.to_thread(sign_out_all)
    assert tenant.signed_out == [T1]
    async with sign_in() as client:
        await client.get(A_CASE)
    assert len(tenant.sign_ins) == 2


def test_no_session_is_left_from_another_test():
    """Those before this one have signed in, and a port is given again sooner or later."""
    assert own_sessions() == []


async def test_a_process_that_ends_signs_out_by_itself(tenant, tenant_url):
    program = f"""
import asyncio, sys
from pydantic import SecretStr
from qcontact_sync.qcontact.entities_dialect import open_entities_client
from qcontact_sync.qcontact.transport import ClientOptions
from qcontact_sync.services.wiring import SystemClock

async def look():
    access = dict(url={tenant_url!r}, email={EMAIL!r}, password=SecretStr(sys.stdin.read()))
    async with open_entities_client(**access, options=ClientOptions(SystemClock())) as client:
        await client.get("{A_CASE}")

asyncio.run(look())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdin=asyncio.subprocess.PIPE
    )
    await process.communicate(PASSWORD.encode())
    assert process.returncode == 0
    assert tenant.signed_out == [T1]


async def test_a_forked_process_has_a_session_of_its_own(tenant, sign_in, monkeypatch):
    """It would sign its parent out at its end."""
    async with sign_in() as client:
        await client.get(A_CASE)
    parent = os.getpid()
    monkeypatch.setattr("os.getpid", lambda: parent + 1)
    async with sign_in() as client:
        await client.get(A_CASE)
    await asyncio.to_thread(sign_out_all)
    assert len(tenant.sign_ins) == 2
    assert tenant.signed_out == [T2]


async def test_a_ready_token_is_never_signed_out(tenant, with_a_ready_token):
    async with with_a_ready_token as client:
        await client.get(A_CASE)
    await asyncio.to_thread(sign_out_all)
    assert tenant.signed_out == []


async def test_a_failed_sign_out_is_ignored(tenant, sign_in, monkeypatch):
    async with sign_in() as client:
        await client.get(A_CASE)
    monkeypatch.setattr("qcontact_sync.qcontact.sign_in.SIGN_OUT_PATH", "/nowhere\n")
    await asyncio.to_thread(sign_out_all)


# --- secrecy and settings -------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", [None, 401, 404, 500])
async def test_no_secret_is_told(tenant, sign_in, caplog, refusal):
    caplog.set_level(logging.DEBUG)
    texts, shown = [], []
    async with sign_in() as client:
        if refusal is None:
            await client.get(A_CASE)
            tenant.valid.clear()
        tenant.refusal = refusal or 401
        with pytest.raises((FatalError, RetryableError)) as caught:
            await client.get(A_CASE)
        for part in chain(caught.value):
            texts.append(repr(part))
            shown += variables(part)
        texts += traceback.format_exception(caught.value)
        transport = client._transport
        texts += [repr(vars(part)) for part in (client, transport, transport._authentication)]
        texts.append(repr(vars(transport._authentication._session)))
    texts += [record.getMessage() for record in caplog.records]
    everything = "\n".join(texts + shown)
    assert "very-secret" not in everything
    assert EMAIL not in everything


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"email": ""}, "QCONTACT_EMAIL"),
        ({"email": "a\r\nb"}, "QCONTACT_EMAIL"),
        ({"password": None}, "QCONTACT_PASSWORD"),
        ({"password": SecretStr("")}, "QCONTACT_PASSWORD"),
        ({"password": SecretStr("hunter2\udce9")}, "QCONTACT_PASSWORD"),
        ({"password": None, "token": SecretStr("hunter2")}, "QCONTACT_CLIENT"),
        ({"token": SecretStr("hunter2\n\nx"), "client": "c"}, "QCONTACT_ACCESS_TOKEN"),
        ({"token": SecretStr("hunter2"), "client": ""}, "QCONTACT_CLIENT"),
        ({"queues": ["Technicians"]}, "QCONTACT_QUEUES"),
        ({"queues": [""]}, "QCONTACT_QUEUES"),
        ({"url": "ftp://tenant.qcontact.com"}, "QCONTACT_API_URL"),
    ],
)
async def test_what_cannot_be_used_is_refused_by_name(options, changes, named):
    access = {"url": "https://t.qcontact.com", "email": EMAIL, "password": SecretStr("hunter2")}
    with pytest.raises(ConfigError, match=named) as caught:
        async with open_entities_client(**{**access, **changes}, options=options):
            pass
    assert "hunter2" not in str(caught.value)


async def test_clocks_of_two_clients_may_differ(sign_in):
    async with sign_in() as client:
        await client.get(A_CASE)
    other = WaitlessClock()
    async with sign_in(clock=other, sleep=other.sleep) as client:
        await client.get(A_CASE)
