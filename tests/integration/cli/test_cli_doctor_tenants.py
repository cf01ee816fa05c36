"""``qcontact-sync doctor`` on a customer's tenant (dialect entities)."""

import pytest

from sandbox.directory import MAIN_QUEUE, MAIN_QUEUE_NAME
from sandbox.running import Sandbox
from tests.forked_program import Ended
from tests.integration.cli.command_line import CommandLine

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


def checks(ended: Ended) -> dict[str, dict[str, str]]:
    return {check["name"]: check for check in ended.document["checks"]}


def in_main_queue(tenant: Sandbox) -> int:
    tickets = tenant.world.tickets.values()
    return sum(ticket["assigned_to"] == MAIN_QUEUE_NAME for ticket in tickets)


def test_it_says_who_is_signed_in_and_how_many_cases_each_queue_has(
    tenant_program: CommandLine, qcontact_tenant: Sandbox
) -> None:
    ended = tenant_program("doctor", "--json")

    qcontact = checks(ended)["QContact"]
    assert (ended.exit_status, qcontact["state"]) == (0, "ok")
    assert "signed in as " in qcontact["found"]
    cases = in_main_queue(qcontact_tenant)
    assert f"queue {MAIN_QUEUE}: {cases} cases" in qcontact["found"]
    assert qcontact_tenant.email not in ended.stdout
    assert not qcontact_tenant.world.journal


@pytest.mark.parametrize(
    ("topic", "switches", "found"),
    [
        pytest.param("page size", {"page_cap": 5}, "at most 5 cases in a page", id="page-cap"),
        pytest.param("sort", {}, "newest case first", id="sort"),
        pytest.param("row columns", {"row_without": "*status*"}, "without status", id="columns"),
        pytest.param(
            "updated_at",
            {"detail_updated_at": True},
            "cases have the time of their last change",
            id="updated-at",
        ),
        pytest.param(
            "updated_at", {}, "do not have the time of their last change", id="no-updated-at"
        ),
        pytest.param("events", {"events": "404"}, "cannot be looked up", id="no-events"),
        pytest.param("entity_types", {"entity_types": "404"}, "does not say", id="no-types"),
        pytest.param("entity_types", {}, "fields: ", id="types"),
    ],
)
def test_it_finds_out_what_differs_between_tenants(
    tenant_program: CommandLine,
    qcontact_tenant: Sandbox,
    topic: str,
    switches: dict[str, object],
    found: str,
) -> None:
    qcontact_tenant.world.switch(**switches)

    check = checks(tenant_program("doctor", "--json"))[f"QContact {topic}"]

    assert check["state"] == "ok"
    assert found in check["found"]


def test_without_queues_it_warns_and_names_the_assignees_that_it_sees(
    tenant_program: CommandLine, qcontact_tenant: Sandbox
) -> None:
    ended = tenant_program.having(QCONTACT_QUEUES="")("doctor", "--json")

    queues = checks(ended)["QContact queues"]
    assert (ended.exit_status, queues["state"]) == (0, "warning")
    cases = in_main_queue(qcontact_tenant)
    assert f"{MAIN_QUEUE} ({MAIN_QUEUE_NAME}): {cases}" in queues["found"]
    assert "QCONTACT_QUEUES" in queues["advice"]


def test_with_queues_it_does_not_warn(tenant_program: CommandLine) -> None:
    assert "QContact queues" not in checks(tenant_program("doctor", "--json"))


def test_a_wrong_password_is_said_in_one_sentence(tenant_program: CommandLine) -> None:
    ended = tenant_program.having(QCONTACT_PASSWORD="wrong-one")("doctor", "--json")

    qcontact = checks(ended)["QContact"]
    assert (ended.exit_status, qcontact["state"]) == (1, "failed")
    assert qcontact["found"].startswith("QContact refuses the user or the password")
    assert qcontact["advice"] == "check QCONTACT_EMAIL and QCONTACT_PASSWORD"
    assert "Traceback" not in ended.stderr
    assert "wrong-one" not in ended.stdout + ended.stderr


def test_a_variable_that_is_missing_is_named(tenant_program: CommandLine) -> None:
    qcontact = checks(tenant_program.having(QCONTACT_EMAIL="")("doctor", "--json"))["QContact"]

    assert (qcontact["state"], qcontact["found"]) == ("failed", "not set: QCONTACT_EMAIL")
