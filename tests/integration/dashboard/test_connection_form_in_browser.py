"""The *Test* button of Airflow's list of connections, pressed in a real browser."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from sandbox.directory import MAIN_QUEUE
from sandbox.running import Sandbox, run_sandbox
from tests.integration.dashboard.browsing import opened
from tests.integration.dashboard.conftest import ApiServer

pytestmark = [pytest.mark.integration, pytest.mark.browser]


@pytest.fixture
def page(chrome: Browser, api_server: ApiServer) -> Iterator[Page]:
    context = opened(chrome, api_server)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def tenant() -> Iterator[Sandbox]:
    with run_sandbox(tickets=3, dialect="entities") as running:
        yield running


def row_of(page: Page, conn_id: str) -> Locator:
    page.goto("/connections")
    return page.get_by_role("row").filter(has_text=conn_id)


def press_test(page: Page, conn_id: str) -> dict[str, object]:
    """Press the button, and return Airflow's answer."""
    button = row_of(page, conn_id).get_by_role("button", name="Test Connection")
    with page.expect_response("**/api/v2/connections/test") as answered:
        button.click()
    assert answered.value.status == 200, answered.value.text()
    answer: dict[str, object] = answered.value.json()
    return answer


def test_the_button_works_with_an_api_key(
    page: Page, api_server: ApiServer, qcontact: Sandbox
) -> None:
    api_server.connect_qcontact(qcontact.url, qcontact.api_key)

    assert press_test(page, "qcontact_default")["status"] is True


def test_the_button_works_with_a_customers_tenant(
    page: Page, api_server: ApiServer, tenant: Sandbox
) -> None:
    api_server.connect(
        "qcontact_tenant",
        conn_type="qcontact",
        host=tenant.url,
        login=tenant.email,
        password=tenant.password,
        extra=json.dumps({"dialect": "entities", "queues": str(MAIN_QUEUE)}),
    )
    answer = press_test(page, "qcontact_tenant")

    assert answer["status"] is True
    assert f"queue {MAIN_QUEUE}: 3 cases" in str(answer["message"])


def test_a_connection_saved_with_the_form_is_tested_with_the_saved_key(
    page: Page, api_server: ApiServer, qcontact: Sandbox
) -> None:
    api_server.connect_qcontact(qcontact.url, "a-key-that-expired")
    row_of(page, "qcontact_default").get_by_role("button", name="Edit Connection").click()
    page.get_by_role("dialog").locator("input[name=password]").fill(qcontact.api_key)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)

    assert press_test(page, "qcontact_default")["status"] is True


def test_a_key_that_is_refused_is_said_so(
    page: Page, api_server: ApiServer, qcontact: Sandbox
) -> None:
    api_server.connect_qcontact(qcontact.url, "a-wrong-key")
    answer = press_test(page, "qcontact_default")

    assert answer["status"] is False
    assert "check the API key" in str(answer["message"])


def test_a_stored_port_is_still_part_of_the_destination(api_server: ApiServer) -> None:
    """Nobody can have the stored password sent to another port."""
    api_server.connect(
        "qcontact_with_port", conn_type="qcontact", host="127.0.0.1", port=9, password="secret"
    )
    tested = {"connection_id": "qcontact_with_port", "conn_type": "qcontact", "port": 0}
    tested |= {"host": "127.0.0.1", "password": "***"}
    answer = api_server._ask("POST", "/api/v2/connections/test", json=tested)

    assert answer.status_code == 400
