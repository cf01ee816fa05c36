"""Waits for a run's end without blocking the API server."""

import asyncio

from starlette.requests import Request

from qcontact_sync.on_airflow.endpoint.answers import Refusal
from qcontact_sync.on_airflow.endpoint.runs import SeenRun, get_run
from qcontact_sync.on_airflow.threads import Threads

MOST_CALLERS = 32
_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _GROWTH = 0.25, 2.0, 1.5


class Waiting:
    """Callers that wait: each is a sleeping coroutine with a short query from time to time.

    The number is limited: further callers get the present state at once.
    """

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._callers = 0

    async def for_end(self, dag_id: str, run_id: str, wait_s: float, request: Request) -> SeenRun:
        """The run at its end, after ``wait_s``, or when the caller has disconnected.

        Raises:
            Refusal: 404: the run was deleted.
        """
        seen = await self._seen(dag_id, run_id)
        if wait_s <= 0 or self._callers >= MOST_CALLERS:
            return seen
        self._callers += 1
        try:
            return await self._poll(seen, wait_s, request)
        finally:
            self._callers -= 1

    async def _poll(self, seen: SeenRun, wait_s: float, request: Request) -> SeenRun:
        loop = asyncio.get_running_loop()
        deadline, pause_s = loop.time() + wait_s, _FIRST_PAUSE_S
        while not seen.is_over and (left_s := deadline - loop.time()) > 0:
            await asyncio.sleep(min(pause_s, left_s))
            if await request.is_disconnected():
                break
            pause_s = min(pause_s * _GROWTH, _LONGEST_PAUSE_S)
            seen = await self._seen(seen.dag_id, seen.run_id)
        return seen

    async def _seen(self, dag_id: str, run_id: str) -> SeenRun:
        seen = await self._threads.run(get_run, dag_id, run_id)
        if seen is None:
            raise Refusal(404, "NOT_FOUND", "Airflow does not have this run any more")
        return seen
