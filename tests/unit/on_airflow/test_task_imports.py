"""What the tasks import: each is a process of its own, which pays for it."""

import subprocess
import sys

TASKS = """
import sys
from qcontact_sync.on_airflow import alerts, metrics, monitoring, steps
print(*sys.modules)
"""


def test_tasks_import_no_tables_of_airflow() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", TASKS], capture_output=True, text=True, check=True
    )
    loaded = set(ended.stdout.split())
    assert "qcontact_sync.services.alerting" in loaded
    assert not loaded & {"airflow.models.dag", "airflow.models.dagrun"}
