"""`make run`: start the whole system here and sync tickets both ways.

PostgreSQL, a sandbox QContact and Airflow come up, the DAG runs through the scheduler, people on
both sides edit, it runs again; then a run is killed half-way, the next one goes on from there, and
both sides are counted. With DIALECT=entities the sandbox is a customer's tenant. With the variables
of the real systems set (see .env.example), here or in `.env`, it runs once against those instead,
and nothing is edited or killed.
"""

import math
import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg
from rich.console import Console
from rich.text import Text

from dev.airflow.api import DagRun
from dev.airflow.environment import ADMIN
from dev.demo.edits import edit_both_sides
from dev.demo.fibreflow import query
from dev.demo.last_act import count_both_sides, kill_half_way
from dev.demo.progress import Progress
from dev.demo.report import edits_table, show_run
from dev.demo.system import DAG_ID, MONITOR_DAG_ID, LocalSystem, local_system
from dev.errors import CannotRun
from dev.processes.interrupts import Interrupted, Interrupts
from dev.processes.log_tail import tail
from dev.settings import given_environment, read_settings
from dev.state import PROJECT, RunDirectory

DEMO_RUN_TIMEOUT_S = 300
SYNC_PATH = "/api/ticketing/cron/sync-qcontact"
INTERRUPTED = 130  # what a shell reports after Ctrl-C


def main() -> int:
    """Return the exit status."""
    # Where nobody looks (CI, a pipe), a fixed width keeps the tables whole.
    console = Console(width=None if sys.stdout.isatty() else 130)
    interrupts = Interrupts()
    try:
        with interrupts.handled():
            run_here(console, interrupts)
    except Interrupted:
        console.print("stopped before the end")
        return INTERRUPTED
    except CannotRun as problem:
        _explain(console, str(problem), problem.log)
        return 1
    except (httpx.HTTPError, psycopg.Error, OSError) as problem:
        _explain(console, f"{type(problem).__name__}: {problem}", None)
        return 1
    return 0


def run_here(console: Console, interrupts: Interrupts) -> None:
    """Raises: CannotRun: It did not work; Interrupted: it was stopped before its end."""
    given = given_environment(os.environ)
    settings = read_settings(given)
    given = {**given, **settings.schema_variables}
    directory = RunDirectory()
    progress = Progress(console)
    progress.say(
        f"demo: a sandbox QContact (dialect {settings.demo_dialect}) and an empty FibreFlow "
        f"(schema {settings.demo_schema})"
        if settings.is_demo
        else "real systems: no sandbox, no edits"
    )
    if settings.is_demo:
        progress.say("three runs, one of them after a kill: two to three minutes")
    if not settings.once:
        progress.say("then it stays up, and shows the dashboard's address and the login")
    with (
        directory.claimed(),
        local_system(settings, given, directory, progress, interrupts) as system,
    ):
        _act(system, "Run 1", _first_run(system))
        if settings.is_demo:
            _edit(system)
            _act(system, "Run 2", system.api.trigger(DAG_ID))
            killed = kill_half_way(system)
            _act(system, "Run 3", system.api.trigger(DAG_ID))
            count_both_sides(system, killed)
        if not settings.once:
            _stay_up(system)


def _first_run(system: LocalSystem) -> DagRun:
    """Unpause the DAG, and return the scheduler's own run of the last slot if it is due."""
    due = system.api.is_slot_due(DAG_ID, datetime.now(UTC))
    system.api.unpause(DAG_ID)
    if not due:
        return system.api.newest_run(DAG_ID, system.started_at) or system.api.trigger(DAG_ID)
    found: list[DagRun] = []

    def scheduled() -> bool:
        run = system.api.newest_run(DAG_ID, system.started_at)
        found.extend([run] if run else [])
        return bool(found)

    system.services.wait_until(scheduled, "the scheduled run", timeout_s=60)
    return found[0]


def _act(system: LocalSystem, name: str, run: DagRun) -> None:
    """Follow a run to its end and show what it did."""
    ended = _follow(system, run)
    job_id = system.api.xcom(DAG_ID, run.run_id, "start_run").get("job_id")
    records = query(system.sides.fibreflow_dsn, "run_record", {"job_id": job_id})
    for record in records:
        title = f"{name}, {run.run_type}: {run.run_id}"
        show_run(system.progress.console, title, record, system.audit.new_rows())
    if ended.state != "success" or any(record["status"] == "failed" for record in records):
        raise CannotRun(f"{name} failed", _log_of_failure(system, run))
    if not records:
        raise CannotRun(f"{name} left no row in sync_job_history")


def _follow(system: LocalSystem, run: DagRun) -> DagRun:
    """Wait for the end of a run, and print each change of a task's state."""
    shown: dict[str, str] = {}
    last = run

    def over() -> bool:
        nonlocal last
        last = system.api.run(DAG_ID, run.run_id)
        _show_changes(system.progress, shown, system.api.tasks(DAG_ID, run.run_id))
        return last.is_over

    limit = DEMO_RUN_TIMEOUT_S if system.settings.is_demo else math.inf
    with system.progress.step(f"{DAG_ID} runs: {run.run_id}"):
        system.services.wait_until(over, f"the end of {run.run_id}", timeout_s=limit)
    return last


def _show_changes(progress: Progress, shown: dict[str, str], now: Mapping[str, str]) -> None:
    for task, state in now.items():
        if state in ("running", "success", "failed", "skipped", "up_for_retry", "upstream_failed"):
            if shown.get(task) != state:
                progress.say(f"  {task}: {state}")
            shown[task] = state


def _edit(system: LocalSystem) -> None:
    edits = edit_both_sides(system.sides.fibreflow_dsn, system.sandbox, system.staff)
    system.progress.console.print(edits_table(edits))
    # QContact gives its time in whole seconds, and the sync reads up to that: let it pass.
    time.sleep(1.1)


def _stay_up(system: LocalSystem) -> None:
    """Turn the checks on, show the addresses and the login, and wait for Ctrl-C."""
    say = system.progress.console.print
    system.api.unpause(MONITOR_DAG_ID)
    say(f"\n[bold]Dashboard[/bold] {system.api.url}/plugin/qcontact-sync")
    say(f"[bold]Airflow[/bold]   {system.api.url}/dags/{DAG_ID}")
    say(f"          log in as [bold]{ADMIN}[/bold] with ", end="")
    say(Text(system.credentials.admin_password, style="bold"))
    if system.settings.is_demo:
        say("[bold]CLI[/bold]       . .run/env && qcontact-sync status")
        call = f'curl -H "Authorization: Bearer $CRON_SECRET" -X POST {system.api.url}{SYNC_PATH}'
        say(f"[bold]HTTP[/bold]      . .run/env && {call}", soft_wrap=True)
    say(f"[bold]Logs[/bold]      {system.run.logs.relative_to(PROJECT)}/")
    say("Ctrl-C stops everything.\n")
    try:
        while True:
            system.services.check()
            time.sleep(1)
    except Interrupted:
        return


def _log_of_failure(system: LocalSystem, run: DagRun) -> Path:
    """Return the log of the first task that failed itself, or the scheduler's."""
    folder = system.run.task_logs / f"dag_id={DAG_ID}" / f"run_id={run.run_id}"
    for task, state in system.api.tasks(DAG_ID, run.run_id).items():
        attempts = sorted((folder / f"task_id={task}").glob("attempt=*.log"))
        if state == "failed" and attempts:
            return attempts[-1]
    return system.services.log_of("scheduler")


def _explain(console: Console, reason: str, log: Path | None) -> None:
    if log is not None:
        console.print(Text(f"\n--- the end of {log}", style="dim"), soft_wrap=True)
        console.print(Text("\n".join(tail(log))), soft_wrap=True)
    console.print(Text(f"\nmake run: {reason}", style="bold red"), soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
