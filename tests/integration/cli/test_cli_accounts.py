"""The program where there are several accounts."""

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


@pytest.fixture
def north(program, tmp_path):
    """The program with an accounts file; its database and QContact are north's."""
    file = tmp_path / "accounts.toml"
    file.write_text("[accounts.north]\ntime_limit_s = 1800\n[accounts.south]\n")
    return program.having(QCONTACT_SYNC_ACCOUNTS_FILE=str(file))


def checks(ended):
    return {check["name"]: check for check in ended.document["checks"]}


def test_a_run_is_the_accounts_that_is_named(north):
    ended = north("--account", "north", "run", "--json")

    assert (ended.exit_status, ended.document["status"]) == (0, "success")
    refused = north("--account", "south", "run", "--json")
    assert refused.exit_status == 2
    assert "belongs to account north, not to south" in refused.document["error"]["message"]


def test_the_variable_says_the_same_as_the_option(north):
    named = north.having(QCONTACT_SYNC_ACCOUNT="north")

    assert named("run", "--json").exit_status == 0


@pytest.mark.parametrize("arguments", [("run",), ("--account", "west", "run"), ("status",)])
def test_an_account_must_be_one_of_the_file(north, arguments):
    ended = north(*arguments, "--json")

    assert ended.exit_status == 2
    assert "north, south" in ended.document["error"]["message"]


def test_an_account_without_a_file_is_refused(program):
    ended = program("--account", "north", "run", "--json")

    assert ended.exit_status == 2
    assert "QCONTACT_SYNC_ACCOUNTS_FILE is not set" in ended.document["error"]["message"]


def test_doctor_says_whose_database_it_is(north):
    north("--account", "north", "run")

    own, other = (
        checks(north("--account", name, "doctor", "--json")) for name in ("north", "south")
    )

    assert own["schema"]["state"] == "ok"
    assert other["schema"]["state"] == "failed"
    assert "belongs to account north" in other["schema"]["found"]


def test_doctor_names_what_is_wrong_in_the_file_for_any_account(north, tmp_path):
    (tmp_path / "accounts.toml").write_text("[accounts.north]\n[accounts.south]\nrate = 5\n")

    found = checks(north.having(QCONTACT_SYNC_ACCOUNT="north")("doctor", "--json"))

    assert found["settings"]["state"] == "failed"
    assert "accounts.south: no setting is named 'rate'" in found["settings"]["found"]
