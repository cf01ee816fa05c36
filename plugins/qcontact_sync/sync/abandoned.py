"""Closing runs whose process has ended; age alone never closes a run."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from qcontact_sync.core.canon import printable
from qcontact_sync.core.errors import ErrorCode, RetryableError
from qcontact_sync.core.model import JobId, RunStatus
from qcontact_sync.core.run_ports import RunKey, RunningRun, RunStore, Settlement
from qcontact_sync.sync.leases import is_alive

log = logging.getLogger(__name__)

HEARTBEAT_S = 10.0

IsRunning = Callable[[str, str], bool]
"""Whether the scheduler knows the run (dag id, run id) as running."""


async def close_abandoned(
    store: RunStore, key: RunKey, own_dag_id: str, is_running: IsRunning | None
) -> int:
    """Settle this account's runs whose process has ended; returns how many.

    Args:
        own_dag_id: The dag id of runs outside Airflow, which are checked by their process.
        is_running: Asks Airflow about its runs; without it they are left as they are.
    """
    closed = 0
    for run in await store.list_running(key):
        if not _is_gone(run, own_dag_id, is_running):
            continue
        name = printable(f"{run.dag_id}/{run.run_id}")
        log.warning("run.abandoned job=%s run=%s", run.job_id, name)
        await store.close_run(
            run.job_id,
            Settlement(
                RunStatus.FAILED,
                await store.read_directions(run.job_id),
                ErrorCode.ABANDONED.value,
                "the run's process ended before it recorded a result; its completed work is "
                "kept, and the next run continues from there",
            ),
        )
        closed += 1
    return closed


def _is_gone(run: RunningRun, own_dag_id: str, is_running: IsRunning | None) -> bool:
    if run.dag_id != own_dag_id:
        return is_running is not None and not is_running(run.dag_id, run.run_id)
    if run.host == socket.gethostname():
        return not is_alive(run.pid)
    return run.is_silent


@asynccontextmanager
async def heartbeat(store: RunStore, job_id: JobId) -> AsyncIterator[None]:
    """Record repeatedly, while the block runs, that the run's process is alive.

    Not at once: whoever opened the run did so a moment ago.
    """

    async def beat() -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            with suppress(RetryableError):
                await store.record_heartbeat(job_id)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating
