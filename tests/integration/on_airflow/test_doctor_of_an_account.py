"""``qcontact-sync doctor`` and the program ``airflow`` of this installation."""

import pytest

from tests.integration.cli.conftest import program, qcontact

__all__ = ["program", "qcontact"]

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


def test_doctor_looks_for_the_accounts_own_connections(program, tmp_path):
    accounts = tmp_path / "accounts.toml"
    accounts.write_text("[accounts.north]\n[accounts.south]\n")
    airflow = program.having(
        QCONTACT_SYNC_ACCOUNTS_FILE=str(accounts),
        AIRFLOW_HOME=str(tmp_path),
        AIRFLOW_CONN_QCONTACT_SOUTH="{}",
    )

    ended = airflow("--account", "south", "doctor", "--json")

    found = {check["name"]: check for check in ended.document["checks"]}
    assert found["connection qcontact_south"]["state"] == "ok"
    assert "connection fibreflow_south" in found
