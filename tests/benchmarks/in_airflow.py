"""Goals 9 and 10: what our DAGs add to what Airflow itself costs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from dev.airflow.credentials import Credentials
from dev.airflow.environment import ADMIN, Sides, airflow_environment, write_login
from dev.database.postgres import free_port
from dev.processes.services import Services
from dev.settings import RemoteAccess
from dev.state import PROJECT, RunDirectory
from tests.benchmarks.goals import Figure, Scale, interleaved
from tests.benchmarks.measuring import Measurement
from tests.benchmarks.stage import QContact, Stage, measure, simulated
from tests.e2e.airflow_client import DAG_ID, AirflowClient

EMPTY = "empty"
TICKETS = 500


class InAirflow:
    """What is measured with a whole Airflow, its scheduler at its default settings."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def idle_run(self, scale: Scale) -> Iterator[Figure]:
        """Goal 9: a run with nothing to do takes little longer than four empty tasks."""
        with (
            simulated(TICKETS) as qcontact,
            self._stage.database() as fibreflow,
            self._stage.database() as metadata,
            _airflow(qcontact, fibreflow, metadata) as airflow,
        ):
            for dag_id in (EMPTY, DAG_ID):
                airflow.unpause(dag_id)
                _run(airflow, dag_id)
            done = interleaved(
                scale.rounds,
                {
                    "empty DAG": partial(_run, airflow, EMPTY),
                    "our DAG, nothing to do": partial(_run, airflow, DAG_ID),
                },
            )
        empty, ours = done.values()
        what = "a DAG run with nothing to do / four empty tasks"
        yield Figure(9, what, ours.wall_s / empty.wall_s, 1.1, series=(empty, ours))

    def parsing(self, scale: Scale) -> Iterator[Figure]:
        """Goal 10: our DAG files are read fast."""
        done = interleaved(
            scale.rounds,
            {
                "airflow.sdk": partial(measure, "parse_dags"),
                "airflow.sdk, all DAG files": partial(measure, "parse_dags", "dags"),
            },
        )
        alone, ours = done.values()
        what = "all DAG files with airflow.sdk / airflow.sdk alone"
        yield Figure(10, what, ours.wall_s / alone.wall_s, 1.1, series=(alone, ours))


@contextmanager
def _airflow(qcontact: QContact, fibreflow: str, metadata: str) -> Iterator[AirflowClient]:
    with TemporaryDirectory(prefix="qcontact-sync-bench-airflow-") as home:
        directory, credentials = RunDirectory(Path(home)), Credentials()
        directory.logs.mkdir()
        write_login(directory, credentials)
        environment = airflow_environment(
            os.environ,
            directory,
            credentials,
            metadata_dsn=metadata,
            ui_port=free_port(),
            sides=Sides(RemoteAccess(qcontact.url, "bench"), fibreflow),
        )
        # What a real installation has.
        del environment["AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME"]
        environment["AIRFLOW__CORE__DAGS_FOLDER"] = str(_both_dags(Path(home) / "dags"))
        environment["PYTHONPATH"] = str(PROJECT)
        _command("db", "migrate", environment=environment)
        address = environment["AIRFLOW__API__BASE_URL"]
        client = AirflowClient(address, ADMIN, credentials.admin_password)
        services = Services(directory.logs, directory.processes)
        try:
            _start(services, client, environment)
            yield client
        finally:
            client.close()
            services.stop_all(lambda: False)


def _both_dags(folder: Path) -> Path:
    folder.mkdir()
    shutil.copy(PROJECT / "dags" / "qcontact_sync_dag.py", folder)
    shutil.copy(Path(__file__).with_name("empty_dag.py"), folder)
    return folder


def _start(services: Services, client: AirflowClient, environment: Mapping[str, str]) -> None:
    for name, *options in (["api-server"], ["dag-processor"], ["scheduler", "--skip-serve-logs"]):
        services.start(name, [_program(), name, *options], environment)
    services.wait_until(client.is_up, "Airflow's API server", timeout_s=180)
    client.log_in()
    services.wait_until(
        lambda: all(client.dag(dag_id) for dag_id in (EMPTY, DAG_ID)), "the DAGs", timeout_s=120
    )


def _run(airflow: AirflowClient, dag_id: str) -> Measurement:
    run = airflow.run_another(dag_id)
    began, ended = (datetime.fromisoformat(run[name]) for name in ("queued_at", "end_date"))
    return Measurement(wall_s=(ended - began).total_seconds())


def _command(*arguments: str, environment: Mapping[str, str]) -> None:
    subprocess.run([_program(), *arguments], env=environment, capture_output=True, check=True)


def _program() -> Path:
    return Path(sys.executable).with_name("airflow")
