"""What Airflow's processes get of the environment of whoever starts them."""

from pathlib import Path

from dev.airflow.credentials import Credentials
from dev.airflow.environment import Sides, airflow_environment
from dev.settings import RemoteAccess
from dev.state import RunDirectory


def environment(run: Path, **given: str) -> dict[str, str]:
    return airflow_environment(
        given,
        RunDirectory(run),
        Credentials(),
        metadata_dsn="postgresql://nobody@127.0.0.1/airflow",
        ui_port=1,
        sides=Sides(RemoteAccess("http://127.0.0.1:2", "key"), "postgresql://nobody@127.0.0.1/f"),
    )


def test_which_dag_the_caller_was_about_is_not_handed_on(tmp_path):
    """A DAG run leaves it in its process; with it, files declare that DAG alone."""
    given = {"_AIRFLOW_PARSING_CONTEXT_DAG_ID": "a", "_AIRFLOW_PARSING_CONTEXT_TASK_ID": "b"}
    assert not given.keys() & environment(tmp_path, **given).keys()


def test_settings_of_the_sync_and_further_connections_stay(tmp_path):
    given = {"QCONTACT_SYNC_OVERLAP_S": "60", "AIRFLOW_CONN_SMTP_DEFAULT": "smtp://127.0.0.1"}
    assert given.items() <= environment(tmp_path, **given).items()
