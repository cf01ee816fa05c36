"""The published schema and the parser agree: a generated client sends all that is accepted."""

import re
from datetime import UTC
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from qcontact_sync.config.accounts import DEFAULT, Account
from qcontact_sync.core.request import ParamError, parse_request
from qcontact_sync.on_airflow.endpoint import request_parsing
from qcontact_sync.on_airflow.endpoint.answers import Refusal
from qcontact_sync.on_airflow.endpoint.schema import ACCOUNT, BODY, Params
from starlette.requests import Request

import tests.private_airflow  # noqa: F401

HEADERS = {given["name"]: given for given in BODY["parameters"]}
DRAFT = jsonschema.Draft202012Validator
PARAMS = DRAFT(Params.model_json_schema(), format_checker=DRAFT.FORMAT_CHECKER)
# What a header may carry, and a little more.
KEYS = st.text(st.characters(min_codepoint=0x1F, max_codepoint=0xFF), max_size=300)
IDS = st.text(st.characters(categories=["L", "N", "P", "S", "Z", "Cc"]), max_size=12)


def is_key(text: str) -> bool:
    headers = [(b"idempotency-key", text.encode("latin-1"))]
    try:
        return request_parsing.read_key(Request({"type": "http", "headers": headers})) == text
    except Refusal:
        return False


def is_id(value: object) -> bool:
    try:
        return bool(parse_request({"ticket_ids": [value]}).ticket_ids)
    except ParamError:
        return False


def fits(schema: dict[str, Any], text: str) -> bool:
    return bool(DRAFT(schema).is_valid(text))


@given(KEYS)
@example("nightly run 1")
@example(" nightly")
@example("nightly ")
@example("k" * 255)
@example("k" * 256)
@example("")
def test_an_idempotency_key_fits_the_schema_exactly_where_it_is_accepted(key):
    assert fits(HEADERS["Idempotency-Key"]["schema"], key) == is_key(key)


@given(IDS | st.integers() | st.booleans() | st.none())
@example("FT 1/2")
@example(" FT1 ")
@example("Ünïcode #7")
@example(" \t")
@example("FT\x00")
@example("FT1\n")
@example("")
def test_a_ticket_id_fits_the_schema_exactly_where_it_is_accepted(given_id):
    assert PARAMS.is_valid({"ticket_ids": [given_id]}) == is_id(given_id)


@given(st.datetimes(timezones=st.none() | st.just(UTC)))
def test_a_moment_fits_the_schema_with_and_without_a_zone(moment):
    assume(moment.year > 1970)
    for text in (moment.isoformat(), moment.isoformat(" "), moment.date().isoformat()):
        assert parse_request({"start_date": text}).start_date is not None
        assert PARAMS.is_valid({"start_date": text})


@pytest.mark.parametrize("text", ["", "soon", "2026-11-23T", "23.11.2026"])
def test_what_is_no_moment_fits_neither(text):
    assert not PARAMS.is_valid({"start_date": text})
    with pytest.raises(ParamError):
        parse_request({"start_date": text})


@pytest.mark.parametrize("name", [DEFAULT, "north", "a" * 32, "n0_rth"])
def test_an_account_that_the_file_may_name_fits_the_schema(name, tmp_path, monkeypatch):
    file = tmp_path / "accounts.toml"
    file.write_text(f"[accounts.{name}]\n")
    monkeypatch.setenv("QCONTACT_SYNC_ACCOUNTS_FILE", str(file))

    assert isinstance(request_parsing.account_named(name), Account)
    assert fits(ACCOUNT["schema"], name)


def test_the_wait_that_the_schema_names_as_default_is_the_default():
    named = re.search(r"\(default: (\d+)\)", HEADERS["Prefer"]["description"])
    unasked = request_parsing.read_wait(Request({"type": "http", "headers": []}))

    assert named is not None
    assert float(named[1]) == unasked
