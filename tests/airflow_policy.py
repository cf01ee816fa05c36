"""A cluster policy that shortens the pauses before a task's next try."""

from pathlib import Path

RETRY_DELAY_S = 2
"""Of the DAG's 30 seconds: what is tested is that a task is tried again, not the pause."""

_POLICY = f"""
from datetime import timedelta

def task_policy(task):
    task.retry_delay = min(task.retry_delay, timedelta(seconds={RETRY_DELAY_S}))
"""


def retry_soon(airflow_home: Path) -> None:
    """Make the Airflow with this home read the policy at its start."""
    folder = airflow_home / "config"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "airflow_local_settings.py").write_text(_POLICY)
