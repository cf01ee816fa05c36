"""The connection form's "Test" against a QContact on a socket."""

import json
import socket

import pytest
from qcontact_sync.core.errors import ConfigError
from qcontact_sync.on_airflow.hook import QContactHook

import tests.private_airflow  # noqa: F401  before Airflow
from sandbox.faults import Fault
from sandbox.running import run_sandbox

pytestmark = pytest.mark.sandbox


@pytest.fixture
def sandbox():
    with run_sandbox(tickets=3) as running:
        yield running


@pytest.fixture
def hook(monkeypatch):
    """A hook on a connection with these fields."""

    def make(**fields):
        connection = {"conn_type": "qcontact", "password": "sandbox-key", **fields}
        monkeypatch.setenv("AIRFLOW_CONN_QC_TYPED", json.dumps(connection))
        return QContactHook(qcontact_conn_id="qc_typed")

    return make


def test_a_connection_that_works_says_what_answered(hook, sandbox):
    is_good, message = hook(host=sandbox.url).test_connection()

    assert is_good
    assert message


def test_it_lists_one_ticket_and_changes_nothing(hook, sandbox):
    hook(host=sandbox.url).test_connection()

    (asked,) = sandbox.world.requests
    assert asked.method == "GET"
    assert "page_size=1" in asked.target


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        pytest.param({"status": 401}, "check the API key", id="401"),
        pytest.param({"status": 403}, "may read tickets", id="403"),
        pytest.param({"status": 503}, "try again later", id="503"),
    ],
)
def test_what_is_wrong_comes_with_what_to_do_at_once(hook, sandbox, fault, advice):
    sandbox.world.faults.extend([Fault(do="answer", times="forever", **fault)])

    is_good, message = hook(host=sandbox.url).test_connection()

    assert not is_good
    assert advice in message


def test_a_wrong_key_is_not_repeated_in_the_message(hook, sandbox):
    is_good, message = hook(host=sandbox.url, password="a-wrong-key").test_connection()

    assert not is_good
    assert "check the API key" in message
    assert "a-wrong-key" not in message


def test_an_address_where_nobody_listens_is_said_so(hook):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        is_good, message = hook(host=f"http://127.0.0.1:{taken.getsockname()[1]}").test_connection()

    assert not is_good
    assert "check the base URL" in message


def test_a_field_that_cannot_be_used_is_named_without_a_request(hook, sandbox):
    typed = hook(host=sandbox.url, extra={"page_size": "many"})

    assert typed.test_connection()[0] is False
    assert "extra page_size" in typed.test_connection()[1]
    assert sandbox.world.requests == []


def test_an_id_that_was_mistyped_fails_and_falls_back_to_nothing(hook, sandbox):
    hook(host=sandbox.url)
    mistyped = QContactHook(qcontact_conn_id="qc_tpyed")

    assert "qc_tpyed is not defined" in mistyped.test_connection()[1]
    with pytest.raises(ConfigError, match="qc_tpyed is not defined"):
        mistyped.get_conn()
