"""A whole run in one process: all its steps in order, on one connection to FibreFlow."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial

from qcontact_sync.config.access import FibreFlowAccess, QContactAccess
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.errors import SyncError
from qcontact_sync.core.model import Direction
from qcontact_sync.fibreflow.run_store import PostgresRunStore
from qcontact_sync.services.results import JobResult
from qcontact_sync.services.runs import finish_run, run_direction, start_run
from qcontact_sync.services.wiring import open_database
from qcontact_sync.sync import lifecycle
from qcontact_sync.sync.context import Progress, Run
from qcontact_sync.sync.lifecycle import RunOrder
from qcontact_sync.sync.stopping import Stop
from qcontact_sync.sync.unexpected import UnexpectedError, expected_only

Plans = dict[str, object]
"""The plans of a dry run by direction (`Plan.to_dict`)."""
OnOpened = Callable[[Mapping[str, object]], None]
"""Called once, with `Run.to_dict`."""


async def run_whole(
    fibreflow: FibreFlowAccess,
    qcontact: QContactAccess,
    settings: Settings,
    order: RunOrder,
    progress: Progress | None,
    on_opened: OnOpened | None,
    stop: Stop,
) -> JobResult:
    """All steps of a run in order; see `jobs.run_sync_job`."""
    async with open_database(fibreflow) as database:
        run = await start_run(fibreflow, qcontact, settings, order, database=database)
        plans: Plans = {}
        try:
            with expected_only():
                if on_opened is not None:
                    on_opened(run.to_dict())
                carry_out = partial(
                    run_direction,
                    *(fibreflow, qcontact, settings, run),
                    progress=progress,
                    stop=stop,
                    database=database,
                )
                plans = await _run_directions(run, carry_out)
        except UnexpectedError:
            if run.request.dry_run:
                raise
            # Settled as failed: its directions have no end on record.
        except asyncio.CancelledError:
            # Ctrl-C: completed work is kept, and the record must not stay "running".
            with suppress(SyncError):
                await _finish_interrupted(fibreflow, settings, run)
            raise
        return await finish_run(fibreflow, settings, run, plans, database=database)


async def _run_directions(
    run: Run, carry_out: Callable[[Direction], Awaitable[Mapping[str, object]]]
) -> Plans:
    plans: Plans = {}
    for direction in run.request.directions:
        try:
            with expected_only():
                stats = await carry_out(direction)
        except SyncError:
            if run.request.dry_run:
                raise
            continue  # it is on record, and the other direction runs all the same
        if "plan" in stats:
            plans[direction.value] = stats["plan"]
    return plans


async def _finish_interrupted(fibreflow: FibreFlowAccess, settings: Settings, run: Run) -> None:
    if run.request.dry_run:
        return
    async with open_database(fibreflow) as database:
        await lifecycle.interrupt(PostgresRunStore(database), run)
        await finish_run(fibreflow, settings, run, database=database)
