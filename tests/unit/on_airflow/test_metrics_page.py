"""docs/metrics.md and the Grafana dashboard name exactly the figures that runs report."""

import json
import re
from itertools import chain

import pytest
from qcontact_sync.core.model import RunStatus
from qcontact_sync.on_airflow import metrics
from qcontact_sync.services.figures import Figures

from dev.state import PROJECT

PAGE = (PROJECT / "docs" / "metrics.md").read_text()
DASHBOARD = json.loads((PROJECT / "examples" / "grafana" / "qcontact-sync.json").read_text())
OUTCOMES = ("created", "updated", "successful", "failed", "skipped")
SUMMARY = {
    "status": "success",
    "duration_seconds": 1.5,
    "summary": {
        "inbound": {"processed": 5, **dict.fromkeys(OUTCOMES, 1)},
        "outbound": {"processed": 3, **dict.fromkeys(OUTCOMES[2:], 1)},
    },
}


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every name that a run can report."""
    found: set[str] = set()

    class Recorder:
        def incr(self, name: str, count: int = 1, **_: object) -> None:
            found.add(name)

        gauge = incr

    async def figures(*_: object) -> Figures:
        return Figures(1, 1, 1, 1.0)

    monkeypatch.setattr(metrics, "stats", Recorder())
    monkeypatch.setattr(metrics, "is_on", lambda: True)
    monkeypatch.setattr(metrics, "read_figures", figures)
    monkeypatch.setattr(metrics, "fibreflow_configuration", lambda _: (None, None))
    for status in set(RunStatus) - {RunStatus.RUNNING}:
        metrics.report_run("default", {**SUMMARY, "status": status.value})
    return found


def test_the_page_lists_what_is_reported(reported: set[str]) -> None:
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `qcontact_sync")]
    listed = set()
    for names in (re.findall(r"`([\w.]+)`", row) for row in rows):
        first = names[0]
        listed |= {first, *(first.rpartition(".")[0] + name for name in names[1:])}
    assert listed == reported


def test_the_dashboard_shows_only_what_is_reported(reported: set[str]) -> None:
    targets = chain.from_iterable(panel["targets"] for panel in DASHBOARD["panels"])
    shown = {n for t in targets for n in re.findall(r"airflow_(qcontact_sync_\w+)", t["expr"])}
    assert shown
    assert shown <= {name.replace(".", "_") for name in reported}
