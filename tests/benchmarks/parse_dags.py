"""``import airflow.sdk``, and with ``dags`` all our DAG files parsed once after it."""

import logging
import runpy
import sys

from dev.state import PROJECT
from tests.benchmarks.measuring import measured

if __name__ == "__main__":
    logging.disable()
    sys.path.insert(0, str(PROJECT / "plugins"))
    files = sorted((PROJECT / "dags").glob("*_dag.py")) if "dags" in sys.argv else []
    with measured():
        import airflow.sdk  # noqa: F401  (what every DAG file of anybody costs)

        for path in files:
            runpy.run_path(str(path))
