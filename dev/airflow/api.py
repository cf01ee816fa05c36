"""The few calls to a local Airflow's REST API that `make run` needs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

FINAL = frozenset({"success", "failed"})


@dataclass(frozen=True, slots=True)
class DagRun:
    """A run as Airflow reports it."""

    run_id: str
    run_type: str
    state: str

    @property
    def is_over(self) -> bool:
        return self.state in FINAL


class AirflowApi:
    """Args:
    url: Base address of the API server.
    username: Of a user who may trigger DAGs.
    password: Of that user.
    timeout_s: How long an answer may take.
    """

    def __init__(self, url: str, username: str, password: str, timeout_s: float = 30) -> None:
        self.url = url
        self._login = {"username": username, "password": password}
        # Requests to this machine never go through a proxy.
        self._http = httpx.Client(base_url=url, timeout=timeout_s, trust_env=False)

    def is_up(self) -> bool:
        """Whether the API server answers users."""
        return self._http.get("/api/v2/version").is_success

    def is_ready_for_tasks(self) -> bool:
        """Whether it also answers tasks.

        The first such question takes it seconds, and would otherwise be a task's.
        """
        return self._http.get("/execution/health").is_success

    def log_in(self) -> None:
        token = self._http.post("/auth/token", json=self._login).raise_for_status()
        self._http.headers["Authorization"] = f"Bearer {token.json()['access_token']}"

    def silent_components(self, since: datetime) -> list[str]:
        """Return the components without a heartbeat since then."""
        health = self._get("/api/v2/monitor/health")
        beats = {name: part.get(f"latest_{name}_heartbeat") for name, part in health.items()}
        components = ("scheduler", "dag_processor", "triggerer")
        return [name for name in components if not _after(beats.get(name), since)]

    def dag(self, dag_id: str) -> dict[str, Any] | None:
        answer = self._http.get(f"/api/v2/dags/{dag_id}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def is_parsed(self, dag_id: str, since: datetime) -> bool:
        """Whether the DAG's file has been read since then."""
        dag = self.dag(dag_id)
        return dag is not None and _after(dag["last_parsed_time"], since)

    def import_errors(self, since: datetime) -> list[str]:
        """Return each file found broken since then, with the last line of its traceback."""
        errors = self._get("/api/v2/importErrors")["import_errors"]
        return [
            f"{error['filename']}: {error['stack_trace'].strip().splitlines()[-1]}"
            for error in errors
            if _after(error["timestamp"], since)
        ]

    def is_slot_due(self, dag_id: str, now: datetime) -> bool:
        """Whether the scheduler will start a run at once when the DAG is unpaused."""
        dag = self.dag(dag_id) or {}
        due: str | None = dag.get("next_dagrun_run_after")
        return due is not None and datetime.fromisoformat(due) <= now

    def unpause(self, dag_id: str) -> None:
        self._http.patch(
            f"/api/v2/dags/{dag_id}", params={"update_mask": "is_paused"}, json={"is_paused": False}
        ).raise_for_status()

    def trigger(self, dag_id: str) -> DagRun:
        """Start a manual run without dates."""
        answer = self._http.post(f"/api/v2/dags/{dag_id}/dagRuns", json={"logical_date": None})
        return _run(answer.raise_for_status().json())

    def newest_run(self, dag_id: str, since: datetime) -> DagRun | None:
        """Return the run that was queued last, if that was after ``since``."""
        runs = self._get(f"/api/v2/dags/{dag_id}/dagRuns", order_by="-id", limit=5)["dag_runs"]
        return next((_run(r) for r in runs if _after(r["queued_at"], since)), None)

    def run(self, dag_id: str, run_id: str) -> DagRun:
        return _run(self._get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}"))

    def tasks(self, dag_id: str, run_id: str) -> dict[str, str]:
        """Return each task's state, ``waiting`` where there is none yet."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        return {t["task_id"]: t["state"] or "waiting" for t in self._get(path)["task_instances"]}

    def xcom(self, dag_id: str, run_id: str, task_id: str) -> dict[str, Any]:
        """Return the XCom of a task; empty if it returned nothing."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        answer = self._http.get(f"{path}/xcomEntries/return_value", params={"deserialize": True})
        if answer.status_code == httpx.codes.NOT_FOUND:
            return {}
        value = answer.raise_for_status().json()["value"]
        return value if isinstance(value, dict) else {}

    def _get(self, path: str, **query: str | int | list[str]) -> dict[str, Any]:
        answer: dict[str, Any] = self._http.get(path, params=query).raise_for_status().json()
        return answer


def _after(text: str | None, instant: datetime) -> bool:
    return text is not None and datetime.fromisoformat(text) >= instant


def _run(answer: dict[str, Any]) -> DagRun:
    return DagRun(answer["dag_run_id"], answer["run_type"], answer["state"])
