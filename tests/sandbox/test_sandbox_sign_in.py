"""Sign-in, sessions and tokens of the entities dialect."""

import asyncio

import aiohttp
import pytest

from sandbox.instants import SECOND
from tests.sandbox.case_client import TOKEN_HEADERS

pytestmark = pytest.mark.sandbox

TWO_WEEKS_S = 1_209_600


def test_sign_in_answers_with_token_headers(tenant):
    answer = tenant.sign_in()
    assert answer.status == 200
    assert answer.headers["uid"] == tenant.sandbox.email
    assert all(answer.headers[name] for name in TOKEN_HEADERS)
    now_s = tenant.sandbox.world.now() / SECOND
    assert 0 <= now_s + TWO_WEEKS_S - int(answer.headers["expiry"]) < 600
    assert "access-token" not in answer.json


@pytest.mark.parametrize(("place", "in_headers"), [("body", False), ("both", True)])
def test_tokens_can_be_in_the_body(start_tenant, place, in_headers):
    client = start_tenant()
    client.sandbox.world.switch(sign_in_answer=place)
    answer = client.sign_in()
    assert ("access-token" in answer.headers) is in_headers
    assert answer.json["expiry"].isdecimal()
    assert client.me({name: answer.json[name] for name in TOKEN_HEADERS}).status == 200


@pytest.mark.parametrize(
    ("email", "password"),
    [(None, "wrong"), ("other@example.test", None), ("", ""), (5, 5)],
)
def test_bad_credentials_are_refused(tenant, email, password):
    refused = tenant.sign_in(email, password)
    assert refused.status == 401
    assert refused.errors == ["Invalid login credentials. Please try again."]
    assert "access-token" not in refused.headers


def test_case_of_the_email_does_not_matter(tenant):
    answer = tenant.sign_in(tenant.sandbox.email.upper())
    assert answer.status == 200
    assert tenant.me({**answer.tokens, "uid": answer.tokens["uid"].upper()}).status == 200


def test_me_says_who_is_signed_in(tenant):
    assert tenant.me().json["email"] == tenant.sandbox.email


@pytest.mark.parametrize("name", TOKEN_HEADERS)
def test_each_token_header_is_needed_and_checked(tenant, name):
    tokens = tenant.headers
    assert tenant.me({**tokens, name: "wrong"}).status == 401
    refused = tenant.me({n: v for n, v in tokens.items() if n != name})
    assert (refused.status, "access-token" in refused.headers) == (401, False)
    assert refused.errors


def test_api_key_of_the_other_dialect_opens_nothing_but_the_control(tenant):
    key = {"Authorization": f"Bearer {tenant.sandbox.api_key}"}
    assert tenant.me(key).status == 401
    tokens = tenant.headers
    assert tenant.get("/_sandbox/state").status == 200
    assert tenant.ask("GET", "/_sandbox/state", Authorization="", **tokens).status == 401


def test_sign_out_ends_one_session(tenant):
    other = tenant.sign_in().tokens
    assert tenant.sign_out(other).status == 200
    assert tenant.me(other).status == 401
    assert tenant.me().status == 200
    assert tenant.sign_out(other).status == 404


def test_oldest_session_is_dropped(start_tenant):
    client = start_tenant(session_limit=3)
    first = client.headers
    later = []
    for _ in range(3):
        client.sandbox.world.switch(clock_offset_s=len(later) + 1)
        later.append(client.sign_in().tokens)
    assert client.me(first).status == 401
    assert [client.me(tokens).status for tokens in later] == [200] * 3


def test_ten_sessions_by_default(tenant):
    ten = [tenant.sign_in().tokens for _ in range(10)]
    assert tenant.me().status == 401
    assert {tenant.me(tokens).status for tokens in ten} == {200}


def test_token_expires_by_the_servers_clock(start_tenant):
    client = start_tenant(token_life_s=100)
    client.sandbox.world.switch(clock_offset_s=90)
    assert client.me().status == 200
    client.sandbox.world.switch(clock_offset_s=101)
    assert client.me().status == 401


def test_ready_token_needs_no_sign_in(tenant):
    token = tenant.sandbox.world.ready_token()
    assert set(token) == set(TOKEN_HEADERS)
    assert tenant.me(token).status == 200


def test_all_sessions_can_be_ended(tenant):
    assert tenant.get("/_sandbox/state").json["data"]["sessions"] == 1
    assert tenant.ask("DELETE", "/_sandbox/sessions").json["data"]["sessions"] == 0
    assert tenant.me().status == 401
    assert tenant.me(tenant.sign_in().tokens).status == 200


def test_without_rotation_answers_carry_no_token(tenant):
    assert not set(TOKEN_HEADERS) & set(tenant.me().headers)


def test_answers_can_carry_the_same_token(start_tenant):
    client = start_tenant(rotation="same")
    assert client.me().tokens == client.headers
    assert client.me().tokens == client.headers


def test_rotation_replaces_the_token_after_the_batch(start_tenant):
    client = start_tenant(rotation="new", batch_window_s=5)
    first = client.headers
    client.sandbox.world.switch(clock_offset_s=10)
    rotated = client.me()
    assert rotated.tokens["access-token"] != first["access-token"]
    assert rotated.tokens["client"] == first["client"]
    assert rotated.headers["expiry"].isdecimal()
    assert client.me(first).status == 200  # the batch: the one before is still good
    assert client.me(rotated.tokens).status == 200
    client.sandbox.world.switch(clock_offset_s=20)
    assert client.me(first).status == 401
    assert client.me(rotated.tokens).status == 200


async def test_requests_at_once_are_one_batch(start_tenant):
    client = start_tenant(rotation="new", batch_window_s=5)
    client.sandbox.world.switch(clock_offset_s=10)
    async with aiohttp.ClientSession(client.sandbox.url, headers=client.headers) as session:

        async def ask():
            async with session.get("/api/v2/me") as answer:
                return answer.status, answer.headers["access-token"]

        answers = await asyncio.gather(*(ask() for _ in range(10)))
    assert {status for status, _ in answers} == {200}
    (new,) = [token for _, token in answers if token]
    assert new != client.headers["access-token"]
    assert client.me({**client.headers, "access-token": new}).status == 200


@pytest.mark.parametrize("answer", ["empty", "absent"])
def test_answers_within_a_batch_bring_no_new_token(start_tenant, answer):
    client = start_tenant(rotation="new", batch_answer=answer, batch_window_s=3600)
    headers = client.me().headers
    if answer == "absent":
        assert not set(TOKEN_HEADERS) & set(headers)
    else:
        assert (headers["access-token"], headers["expiry"]) == ("", "")
        assert headers["client"] == client.headers["client"]
    assert client.me().status == 200


def test_an_error_answer_rotates_too_but_a_refusal_does_not(start_tenant):
    client = start_tenant(rotation="new", batch_window_s=0)
    missing = client.case("999")
    assert missing.status == 404
    assert missing.tokens["access-token"] != client.headers["access-token"]
    assert client.me().status == 401
    assert client.me(missing.tokens).status == 200


def test_a_lost_answer_loses_the_new_token(start_tenant):
    client = start_tenant(rotation="new", batch_window_s=0)
    client.sandbox.world.faults.add(do="lose_answer")
    with pytest.raises(OSError):
        client.me()
    assert client.me().status == 401


def test_sign_ins_are_requests_but_no_writes_and_passwords_are_not_kept(tenant):
    world = tenant.sandbox.world
    tenant.sign_out(tenant.sign_in().tokens)
    assert world.counts["POST /api/v2/auth/sign_in"] == 2
    assert world.counts["DELETE /api/v2/auth/sign_out"] == 1
    assert world.journal == []
    assert {entry.body for entry in world.requests} == {None}


def test_reset_ends_all_sessions(tenant):
    tenant.sandbox.world.reset()
    assert tenant.me().status == 401


def test_a_sign_in_can_fail_as_any_other_call(tenant):
    tenant.sandbox.world.faults.add(do="answer", status=503, path="/auth/sign_in")
    refused = tenant.sign_in()
    assert (refused.status, bool(refused.errors)) == (503, True)
    assert tenant.sign_in().status == 200
