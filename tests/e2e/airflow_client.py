"""What a person does in Airflow's UI, over the same REST API."""

import time
from typing import Any

from dev.airflow_api import FINAL, AirflowApi, DagRun

DAG_ID = "qcontact_sync"
TIMEOUT_S = 120


class AirflowClient(AirflowApi):
    """One Airflow, for one DAG."""

    def close(self) -> None:
        self._http.close()

    def trigger_and_wait(self, conf: dict[str, Any] | None = None) -> DagRun:
        """Trigger the DAG without a logical date; return the run when it is over."""
        return self.wait(self.trigger(conf))

    def trigger(self, conf: dict[str, Any] | None = None) -> str:
        """Trigger the DAG without a logical date; return the run's id."""
        order = {"logical_date": None, "conf": conf or {}}
        answer = self._http.post(f"/api/v2/dags/{DAG_ID}/dagRuns", json=order)
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
            time.sleep(0.2)
        return run

    def backfill(self, first: str, last: str, conf: dict[str, Any] | None = None) -> list[DagRun]:
        """Backfill the windows from the one that starts at ``first``; return the finished runs."""
        order = {
            "dag_id": DAG_ID,
            "from_date": first,
            "to_date": last,
            "dag_run_conf": conf or {},
            "max_active_runs": 1,
        }
        self._http.post("/api/v2/backfills", json=order).raise_for_status()
        path, span = f"/api/v2/dags/{DAG_ID}/dagRuns", {"logical_date_gte": first}
        found = self._get(path, run_type="backfill", logical_date_lte=last, **span)["dag_runs"]
        return [self.wait(run["dag_run_id"]) for run in found]

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

    def wait(self, run_id: str) -> DagRun:
        """Return the run when it is over."""
        deadline = time.monotonic() + TIMEOUT_S
        while not (run := self.run(DAG_ID, run_id)).is_over:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{run_id}: {run.state}, {self.states(run_id)}")
            time.sleep(0.2)
        return run

    def wait_for_scheduled(self) -> DagRun:
        """Return the run that the scheduler starts by itself, when it is over."""
        deadline = time.monotonic() + TIMEOUT_S
        path = f"/api/v2/dags/{DAG_ID}/dagRuns"
        while not (runs := self._get(path, run_type="scheduled")["dag_runs"]):
            if time.monotonic() > deadline:
                raise TimeoutError("the scheduler started nothing")
            time.sleep(0.2)
        return self.wait(runs[0]["dag_run_id"])

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

    def tries(self, run_id: str, task_id: str) -> int:
        """How often a task was tried."""
        tried: int = self._get(self._task(run_id, task_id))["try_number"]
        return tried

    def returned(self, run_id: str, task_id: str) -> dict[str, Any]:
        """What a task left as its ``return_value``."""
        path = f"{self._task(run_id, task_id)}/xcomEntries/return_value"
        value: dict[str, Any] = self._get(path, stringify="false")["value"]
        return value

    def log(self, run_id: str, task_id: str) -> str:
        """The log of a task's last try, as text."""
        tried = self.tries(run_id, task_id)
        return str(self._get(f"{self._task(run_id, task_id)}/logs/{tried}", full_content="true"))

    def test_connection(self, connection: dict[str, Any]) -> dict[str, Any]:
        """Press "Test" in the connection form."""
        answer = self._http.post("/api/v2/connections/test", json=connection)
        told: dict[str, Any] = answer.raise_for_status().json()
        return told

    def connection_forms(self) -> dict[str, dict[str, Any]]:
        """The forms that the UI offers, by connection type."""
        forms = self._http.get("/ui/connections/hook_meta").raise_for_status().json()
        return {form["connection_type"]: form for form in forms}

    def _task(self, run_id: str, task_id: str) -> str:
        return f"/api/v2/dags/{DAG_ID}/dagRuns/{run_id}/taskInstances/{task_id}"
