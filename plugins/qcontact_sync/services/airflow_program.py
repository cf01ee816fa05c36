"""Airflow's own command line, where it is installed and set up: what it knows about a DAG."""

import asyncio
import json
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from qcontact_sync.config.access import FibreFlowAccess
from qcontact_sync.config.settings import Settings
from qcontact_sync.fibreflow.database import STATUS_BUDGET_S
from qcontact_sync.reporting.health import Health
from qcontact_sync.reporting.surroundings import Surroundings
from qcontact_sync.services.naming import names_of
from qcontact_sync.services.review import get_status


def airflow_program(environment: Mapping[str, str]) -> str | None:
    """The program; None without AIRFLOW_HOME: it would set up an Airflow of its own."""
    if not environment.get("AIRFLOW_HOME"):
        return None
    beside = Path(sys.executable).with_name("airflow")
    return shutil.which("airflow", path=environment.get("PATH")) or shutil.which(beside)


async def get_status_here(
    fibreflow: FibreFlowAccess,
    settings: Settings,
    environment: Mapping[str, str],
    patience_s: float = STATUS_BUDGET_S,
) -> Health:
    """`review.get_status` with what Airflow's program says, if there is one here.

    Args:
        patience_s: How long it waits for that program.
    """
    asked = asyncio.create_task(_ask(environment, names_of(settings).dag_id, patience_s))
    try:
        return await get_status(fibreflow, settings, asked)
    finally:
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)


async def _ask(environment: Mapping[str, str], dag_id: str, patience_s: float) -> Surroundings:
    program = airflow_program(environment)
    if program is None:
        return Surroundings()
    process = await asyncio.create_subprocess_exec(
        *(program, "dags", "details", dag_id, "--output", "json"),
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), patience_s)
    except TimeoutError:
        return Surroundings()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    return _read(said.decode(errors="replace"))


def _read(said: str) -> Surroundings:
    """Airflow may print other lines before its answer, and all values are texts."""
    try:
        [dag], _ = json.JSONDecoder().raw_decode(said, said.index("[{"))
        is_paused = {"True": True, "False": False}[str(dag["is_paused"])]
        return Surroundings(is_paused, next_run_at=None if is_paused else _next_run(dag))
    except (ValueError, KeyError, TypeError):
        return Surroundings()


def _next_run(dag: Mapping[str, Any]) -> datetime | None:
    text = dag.get("next_dagrun_run_after")
    return datetime.fromisoformat(text) if text else None
