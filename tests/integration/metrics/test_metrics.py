"""What a run reports reaches a real StatsD socket and a real OpenTelemetry collector."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import pytest

from dev.state import PROJECT
from tests.integration.metrics.receivers import collector, lines, statsd
from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox, pytest.mark.airflow]

T = TypeVar("T")
TASK = """
import json, sys
from tests.airflow_releases import begin_metrics
begin_metrics()
from qcontact_sync.on_airflow.metrics import report_run
report_run("default", json.loads(sys.argv[1]))
"""


@pytest.fixture
def summary(world: World) -> dict[str, object]:
    """Of a run that brought two tickets in, while one change waits."""
    for _ in range(2):
        ticket = world.add_ticket(status="Open")
    result = world.run()
    world.set_local(ticket, status="in_progress")
    return result.to_dict()


def report(world: World, summary: dict[str, object], home: Path, **metrics: object) -> None:
    settings = {f"AIRFLOW__METRICS__{name.upper()}": str(v) for name, v in metrics.items()}
    connection = {"AIRFLOW_CONN_FIBREFLOW_DEFAULT": world.database}
    done = subprocess.run(
        [sys.executable, "-c", TASK, json.dumps(summary)],
        env={**os.environ, "AIRFLOW_HOME": str(home), **connection, **settings},
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def ours(found: Mapping[str, T]) -> dict[str, T]:
    """Without Airflow's own figures."""
    mine = "airflow.qcontact_sync."
    return {n.removeprefix(mine): value for n, value in found.items() if n.startswith(mine)}


def test_statsd_gets_the_run_and_how_the_sync_stands(
    world: World, summary: dict[str, object], tmp_path: Path
) -> None:
    with statsd() as socket:
        port = socket.getsockname()[1]
        report(world, summary, tmp_path, statsd_on=True, statsd_host="127.0.0.1", statsd_port=port)
        found = lines(socket)
    figures = ours(found)
    assert float(figures.pop("run_duration_seconds").partition("|")[0]) > 0
    assert float(figures.pop("last_success_age_seconds").partition("|")[0]) >= 0
    assert figures == {
        "runs.success": "1|c",
        "tickets.inbound.created": "2|c",
        "tickets.inbound.successful": "2|c",
        "pending": "1|g",
        "quarantined": "0|g",
        "conflicts_open": "0|g",
    }


def test_a_collector_gets_the_same_with_the_account(
    world: World, summary: dict[str, object], tmp_path: Path
) -> None:
    with collector() as receiver:
        report(
            world,
            summary,
            tmp_path,
            otel_on=True,
            otel_host="127.0.0.1",
            otel_port=receiver.port,
        )
    figures = ours(receiver.points)
    assert figures["runs.success"] == (1.0, {"account": "default"})
    assert figures["tickets.inbound.created"] == (2.0, {"account": "default"})
    assert figures["pending"] == (1.0, {"account": "default"})


def test_without_metrics_nothing_is_read(tmp_path: Path, world: World) -> None:
    """Nor asked of a database that is not there."""
    world.database = "postgresql://nobody@127.0.0.1:9/none"
    report(world, {}, tmp_path)
