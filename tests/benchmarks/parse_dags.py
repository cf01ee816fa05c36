"""All our DAG files parsed once, with ``airflow.sdk`` imported before."""

import logging
import runpy
import sys

import airflow.sdk  # noqa: F401  (what every DAG file of anybody costs)

from dev.state import PROJECT
from tests.benchmarks.measuring import measured

if __name__ == "__main__":
    logging.disable()
    sys.path.insert(0, str(PROJECT / "plugins"))
    files = sorted((PROJECT / "dags").glob("*_dag.py"))
    with measured():
        for path in files:
            runpy.run_path(str(path))
