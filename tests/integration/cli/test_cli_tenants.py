"""The program on a customer's tenant (dialect entities), which the environment names."""

from pathlib import Path

import pytest

from sandbox.directory import MAIN_QUEUE_NAME
from sandbox.running import Sandbox
from tests.database import tuples
from tests.integration.cli.command_line import CommandLine

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


@pytest.fixture
def case(qcontact_tenant: Sandbox) -> str:
    """An open case in the main queue."""
    return qcontact_tenant.world.add(title="No light at the school", status="Open")


def test_run_carries_changes_both_ways(
    tenant_program: CommandLine, qcontact_tenant: Sandbox, case: str, fibreflow_db: str
) -> None:
    first = tenant_program("run", "--json")
    tuples(fibreflow_db, f"UPDATE tickets SET status = 'pending_qa' WHERE external_id = '{case}'")
    qcontact_tenant.world.edit(case, title="No light at the library")
    second = tenant_program("run", "--json")

    queue = [
        ticket
        for ticket in qcontact_tenant.world.tickets.values()
        if ticket["assigned_to"] == MAIN_QUEUE_NAME
    ]
    assert first.document["summary"]["inbound"]["created"] == len(queue)
    assert (first.exit_status, second.exit_status) == (0, 0)
    there = qcontact_tenant.world.case(case)
    assert there is not None
    assert there["fields"]["status"] == "InReview"
    title = f"SELECT title FROM tickets WHERE external_id = '{case}'"
    assert tuples(fibreflow_db, title) == [("No light at the library",)]


def test_a_password_may_come_from_a_file(
    tenant_program: CommandLine, qcontact_tenant: Sandbox, tmp_path: Path
) -> None:
    secret = tmp_path / "password"
    secret.write_text(f"{qcontact_tenant.password}\n")

    of_file = tenant_program.having(QCONTACT_PASSWORD="", QCONTACT_PASSWORD_FILE=str(secret))

    assert of_file("run", "--json").exit_status == 0


def test_a_wrong_password_fails_the_run_in_one_sentence(tenant_program: CommandLine) -> None:
    ended = tenant_program.having(QCONTACT_PASSWORD="wrong-one")("run", "--json")

    assert (ended.exit_status, ended.document["error_code"]) == (1, "AUTHENTICATION_ERROR")
    assert "QContact refuses the user or the password" in ended.document["error_message"]
    assert "wrong-one" not in ended.stdout + ended.stderr


def test_status_is_healthy_after_a_run(tenant_program: CommandLine) -> None:
    tenant_program("run")

    ended = tenant_program("status", "--json")

    assert (ended.exit_status, ended.document["last_sync_status"]) == (0, "success")


def test_ticket_shows_both_sides_and_what_the_next_run_would_send(
    tenant_program: CommandLine, case: str, fibreflow_db: str
) -> None:
    tenant_program("run")
    tuples(fibreflow_db, f"UPDATE tickets SET status = 'resolved' WHERE external_id = '{case}'")

    ended = tenant_program("ticket", case, "--json")

    fields = {field["field"]: field for field in ended.document["fields"]}
    assert ended.exit_status == 0
    title, status = fields["title"], fields["status"]
    assert title["remote"] == title["local"] == "No light at the school"
    assert (status["remote"], status["local"], status["action"]) == ("Open", "resolved", "send")
