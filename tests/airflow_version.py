"""Which Airflow is installed, without importing it: not every test process does."""

from importlib.metadata import version

AIRFLOW = tuple(map(int, version("apache-airflow").split(".")[:2]))
HAS_OWN_DEADLINES = AIRFLOW >= (3, 2)
"""Deadline Alerts whose reference is not Airflow's own."""
CLEARED_WITH_A_DIRECTION = {"start_run", "finalize"} if AIRFLOW >= (3, 3) else set[str]()
ONE_TRY = 0 if AIRFLOW >= (3, 3) else 1
"""The extra ``retry_limit`` of a mail connection: of its time's provider, 0 makes no connection."""

TELLS_TASKS_OF_DAGS = AIRFLOW >= (3, 2)
"""Whether a task may ask Airflow about a DAG."""
