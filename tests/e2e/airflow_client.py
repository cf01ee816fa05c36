"""What a person does in Airflow's UI, over the same REST API."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from dev.airflow.api import FINAL, AirflowApi, DagRun

DAG_ID = "qcontact_sync"
TIMEOUT_S = 120
# Each look takes the API server time that the run needs, too.
POLL_S = 0.5
SIX_HOURS = timedelta(hours=6)
ALL_GREEN = dict.fromkeys(("start_run", "inbound_sync", "outbound_sync", "finalize"), "success")


@dataclass(frozen=True, slots=True)
class Windows:
    """Six-hour windows, one after the other; Airflow names them by their starts."""

    first: datetime
    count: int

    @property
    def last(self) -> datetime:
        return self.first + (self.count - 1) * SIX_HOURS

    @property
    def bounds(self) -> list[tuple[str, str]]:
        """Start and end of each, oldest first, as `start_run` returns them."""
        starts = [self.first + number * SIX_HOURS for number in range(self.count)]
        return [(start.isoformat(), (start + SIX_HOURS).isoformat()) for start in starts]


class AirflowClient(AirflowApi):
    """One Airflow, for one DAG."""

    def __init__(self, url: str, username: str, password: str) -> None:
        super().__init__(url, username, password, timeout_s=TIMEOUT_S)

    def close(self) -> None:
        self._http.close()

    def trigger_and_wait(self, conf: dict[str, Any] | None = None) -> DagRun:
        """Trigger the DAG without a logical date; return the run when it is over."""
        return self.wait(self.start_run(conf))

    def start_run(self, conf: dict[str, Any] | None = None, dag_id: str = DAG_ID) -> str:
        """Trigger the DAG without a logical date; return the run's id."""
        order = {"logical_date": None, "conf": conf or {}}
        answer = self._http.post(f"/api/v2/dags/{dag_id}/dagRuns", json=order)
        run_id: str = answer.raise_for_status().json()["dag_run_id"]
        return run_id

    def run_another(self, dag_id: str) -> dict[str, Any]:
        """Trigger any DAG and return its run as Airflow tells it, when it is over."""
        path = f"/api/v2/dags/{dag_id}/dagRuns"
        answer = self._http.post(path, json={"logical_date": None})
        run_id = answer.raise_for_status().json()["dag_run_id"]
        deadline = time.monotonic() + TIMEOUT_S
        while (run := self._get(f"{path}/{run_id}"))["state"] not in FINAL:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{run_id}: {run['state']}")
            time.sleep(POLL_S)
        return run

    def backfill(self, windows: Windows, **options: Any) -> int:
        """Start a backfill over windows; return its id.

        Args:
            options: As REST takes them: ``max_active_runs``, ``reprocess_behavior``, ...
        """
        self.close_backfills()
        order = {
            "dag_id": DAG_ID,
            "from_date": windows.first.isoformat(),
            "to_date": windows.last.isoformat(),
            "max_active_runs": 1,
            **options,
        }
        answer = self._http.post("/api/v2/backfills", json=order)
        backfill_id: int = answer.raise_for_status().json()["id"]
        return backfill_id

    def close_backfills(self) -> None:
        """Wait until no run goes on, and close the backfills that are over.

        There may be one at a time, and the scheduler looks only twice a minute which ones are over.
        """
        path, unfinished = f"/api/v2/dags/{DAG_ID}/dagRuns", ["queued", "running"]
        deadline = time.monotonic() + TIMEOUT_S
        while self._get(path, state=unfinished)["dag_runs"]:
            if time.monotonic() > deadline:
                raise TimeoutError("the backfill before this one does not end")
            time.sleep(POLL_S)
        for backfill in self._get("/api/v2/backfills", dag_id=DAG_ID)["backfills"]:
            if not backfill["completed_at"]:
                self.cancel_backfill(backfill["id"])

    def cancel_backfill(self, backfill_id: int) -> None:
        """End a backfill; one that the scheduler has closed meanwhile is no error."""
        answer = self._http.put(f"/api/v2/backfills/{backfill_id}/cancel")
        if answer.status_code != httpx.codes.CONFLICT:
            answer.raise_for_status()

    def runs_in(self, windows: Windows) -> list[DagRun]:
        """The runs of these windows, oldest window first."""
        found = self._get(
            f"/api/v2/dags/{DAG_ID}/dagRuns",
            logical_date_gte=windows.first.isoformat(),
            logical_date_lte=windows.last.isoformat(),
            order_by="logical_date",
        )["dag_runs"]
        return [DagRun(r["dag_run_id"], r["run_type"], r["state"]) for r in found]

    def wait_for_windows(self, windows: Windows) -> list[DagRun]:
        """The runs of these windows when there is one for each and all are over."""
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            runs = self.runs_in(windows)
            if len(runs) == windows.count and all(run.is_over for run in runs):
                return runs
            if time.monotonic() > deadline:
                raise TimeoutError(str(runs))
            time.sleep(POLL_S)

    def mark_failed(self, run_id: str) -> None:
        """Mark a run as failed while it runs."""
        path = f"/api/v2/dags/{DAG_ID}/dagRuns/{run_id}"
        self._http.patch(path, json={"state": "failed"}).raise_for_status()

    def wait_for_task(self, run_id: str, task_id: str, state: str) -> None:
        """Wait until a task has this state."""
        deadline = time.monotonic() + TIMEOUT_S
        while self.states(run_id)[task_id] != state:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{run_id}: {self.states(run_id)}")
            time.sleep(0.1)

    def wait_for_try(self, run_id: str, task_id: str, number: int) -> None:
        """Wait until a task begins its try of this number; the first is 1."""
        deadline = time.monotonic() + TIMEOUT_S
        while self.tries(run_id, task_id) < number:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{run_id}: {self.states(run_id)}")
            time.sleep(POLL_S)

    def wait(self, run_id: str, dag_id: str = DAG_ID, timeout_s: float = TIMEOUT_S) -> DagRun:
        """Return the run when it is over."""
        deadline = time.monotonic() + timeout_s
        while not (run := self.run(dag_id, run_id)).is_over:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{run_id}: {run.state}, {self.tasks(dag_id, run_id)}")
            time.sleep(POLL_S)
        return run

    def newest(self, dag_id: str = DAG_ID) -> str | None:
        """The id of the run that was made last."""
        runs = self._get(f"/api/v2/dags/{dag_id}/dagRuns", order_by="-id", limit=1)["dag_runs"]
        return runs[0]["dag_run_id"] if runs else None

    def wait_for_another(self, known: str | None, dag_id: str = DAG_ID) -> str:
        """The id of the run that comes after ``known``."""
        deadline = time.monotonic() + TIMEOUT_S
        while (found := self.newest(dag_id)) in (known, None):
            if time.monotonic() > deadline:
                raise TimeoutError(f"no run of {dag_id} came")
            time.sleep(POLL_S)
        assert found is not None
        return found

    def asset_events(self, run_id: str) -> list[dict[str, Any]]:
        """The asset events that a run made."""
        path = "/api/v2/assets/events"
        events: list[dict[str, Any]] = self._get(path, source_run_id=run_id)["asset_events"]
        return events

    def add_connection(self, connection: dict[str, Any]) -> None:
        """Store a connection in Airflow's database, as the form does."""
        self._http.post("/api/v2/connections", json=connection).raise_for_status()

    def add_pool(self, name: str, slots: int) -> None:
        pool = {"name": name, "slots": slots}
        self._http.post("/api/v2/pools", json=pool).raise_for_status()

    def wait_for_scheduled(self, dag_id: str = DAG_ID, count: int = 1) -> list[DagRun]:
        """Return the first runs that the scheduler started by itself, when they are over."""
        deadline = time.monotonic() + TIMEOUT_S
        path, order = f"/api/v2/dags/{dag_id}/dagRuns", {"order_by": "run_after"}
        while len(runs := self._get(path, run_type="scheduled", **order)["dag_runs"]) < count:
            if time.monotonic() > deadline:
                raise TimeoutError("the scheduler started nothing")
            time.sleep(POLL_S)
        return [self.wait(run["dag_run_id"], dag_id) for run in runs[:count]]

    def read_file_again(self, dag_id: str) -> None:
        """Have the DAG processor read the DAG's file now, not only when its interval is over."""
        token = self._get(f"/api/v2/dags/{dag_id}")["file_token"]
        answer = self._http.put(f"/api/v2/parseDagFile/{token}")
        if answer.status_code != httpx.codes.CONFLICT:
            answer.raise_for_status()

    def pause(self, dag_id: str) -> None:
        self._http.patch(f"/api/v2/dags/{dag_id}", json={"is_paused": True}).raise_for_status()

    def clear(self, run_id: str, *task_ids: str) -> set[str]:
        """Clear these tasks of a run; return all that Airflow cleared with them."""
        order = {
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": list(task_ids),
            "only_failed": False,
            "reset_dag_runs": True,
        }
        answer = self._http.post(f"/api/v2/dags/{DAG_ID}/clearTaskInstances", json=order)
        return {t["task_id"] for t in answer.raise_for_status().json()["task_instances"]}

    def states(self, run_id: str) -> dict[str, str]:
        """Each task's state."""
        return self.tasks(DAG_ID, run_id)

    def tries(self, run_id: str, task_id: str, dag_id: str = DAG_ID) -> int:
        """How often a task was tried."""
        tried: int = self._get(self._task(run_id, task_id, dag_id))["try_number"]
        return tried

    def returned(self, run_id: str, task_id: str, dag_id: str = DAG_ID) -> dict[str, Any]:
        """What a task left as its ``return_value``."""
        path = f"{self._task(run_id, task_id, dag_id)}/xcomEntries/return_value"
        value: dict[str, Any] = self._get(path, stringify="false")["value"]
        return value

    def log(self, run_id: str, task_id: str) -> str:
        """The log of a task's last try, as text."""
        return str(self._log(run_id, task_id))

    def lines(self, run_id: str, task_id: str) -> list[tuple[str, str]]:
        """What the sync itself wrote into the log of a task's last try, as (level, line)."""
        return [
            (line["level"], line["event"])
            for line in self._log(run_id, task_id)
            if str(line.get("logger", "")).startswith("qcontact_sync")
        ]

    def _log(self, run_id: str, task_id: str) -> list[dict[str, Any]]:
        path = f"{self._task(run_id, task_id)}/logs/{self.tries(run_id, task_id)}"
        lines: list[dict[str, Any]] = self._get(path, full_content="true")["content"]
        return lines

    def test_connection(self, connection: dict[str, Any]) -> dict[str, Any]:
        """Press "Test" in the connection form."""
        # As a browser does first. Airflow 3.1 shows no form of a type that was tested before.
        self.connection_forms()
        answer = self._http.post("/api/v2/connections/test", json=connection)
        data: dict[str, Any] = answer.raise_for_status().json()
        return data

    def connection_forms(self) -> dict[str, dict[str, Any]]:
        """The forms that the UI offers, by connection type."""
        forms = self._http.get("/ui/connections/hook_meta").raise_for_status().json()
        return {form["connection_type"]: form for form in forms}

    def _task(self, run_id: str, task_id: str, dag_id: str = DAG_ID) -> str:
        return f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
