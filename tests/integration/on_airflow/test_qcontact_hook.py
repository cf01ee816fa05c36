"""The connection form's "Test" against a QContact on a socket."""

import json
import socket

import pytest
from qcontact_sync.core.errors import ConfigError
from qcontact_sync.on_airflow.hook import QContactHook

import tests.private_airflow  # noqa: F401  before Airflow
from sandbox.directory import MAIN_QUEUE
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


# --- a customer's tenant ------------------------------------------------------------------------

OTHER_QUEUE = MAIN_QUEUE + 1


@pytest.fixture
def tenant():
    with run_sandbox(tickets=0, dialect="entities") as running:
        running.world.add(title="No light")
        running.world.add(title="Slow speed")
        yield running


@pytest.fixture
def tenants_hook(hook, tenant):
    """A hook on a connection to the tenant, with these fields in place of its own."""

    def make(*, extra=None, **fields):
        own = {"host": tenant.url, "login": tenant.email, "password": tenant.password}
        extra = {"dialect": "entities", **(extra or {})}
        return hook(**{**own, "extra": extra, **fields})

    return make


def test_a_tenant_says_who_is_signed_in_and_how_many_cases_each_queue_has(tenants_hook):
    queues = f"{MAIN_QUEUE}, {OTHER_QUEUE}"

    is_good, message = tenants_hook(extra={"queues": queues}).test_connection()

    assert is_good
    assert f"queue {MAIN_QUEUE}: 2 cases, queue {OTHER_QUEUE}: 0 cases" in message
    assert "signed in as " in message


def test_a_tenant_without_queues_says_how_many_cases_the_user_sees(tenants_hook):
    is_good, message = tenants_hook().test_connection()

    assert is_good
    assert "all that the user sees: 2 cases" in message


def test_a_ready_token_is_tested_without_a_sign_in(tenants_hook, tenant):
    token = tenant.world.ready_token()
    typed = tenants_hook(
        login=token["uid"], password=token["access-token"], extra={"client": token["client"]}
    )

    assert typed.test_connection()[0] is True
    assert "POST" not in {asked.method for asked in tenant.world.requests}


def test_a_form_that_is_stored_with_port_0_works(tenants_hook):
    assert tenants_hook(port=0, schema="").test_connection()[0] is True


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"password": "wrong-one"}, id="password"),
        pytest.param({"login": "other@example.test"}, id="login"),
    ],
)
def test_wrong_credentials_are_said_in_one_sentence(tenants_hook, tenant, fields):
    is_good, message = tenants_hook(**fields).test_connection()

    assert not is_good
    assert message.startswith("QContact refuses the user or the password")
    assert "in the connection login and password" in message
    assert "API key" not in message
    assert not [text for text in (*fields.values(), tenant.email) if text in message]


def test_a_refused_token_says_to_get_a_new_one(tenants_hook):
    is_good, message = tenants_hook(extra={"client": "unknown"}).test_connection()

    assert not is_good
    assert "get a new one" in message


def test_queues_that_are_no_ids_are_named_without_a_request(tenants_hook, tenant):
    is_good, message = tenants_hook(extra={"queues": "Field Maintenance"}).test_connection()

    assert not is_good
    assert "field queues" in message
    assert tenant.world.requests == []
