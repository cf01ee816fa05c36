"""What the tasks import: each is a process of its own, which pays for it."""

from tests.loaded_modules import loaded_by

TASKS = "from qcontact_sync.on_airflow import alerts, metrics, monitoring, steps"


def test_tasks_import_no_tables_of_airflow() -> None:
    loaded = loaded_by(TASKS)
    assert "qcontact_sync.services.alerting" in loaded
    assert not loaded & {"airflow.models.dag", "airflow.models.dagrun"}
