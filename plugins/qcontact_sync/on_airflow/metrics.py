"""Figures for Airflow's metrics: StatsD or OpenTelemetry, as Airflow is set up (docs/metrics.md).

What distinguishes figures is part of their names: plain StatsD drops tags. The account is a tag.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from airflow.configuration import conf

from qcontact_sync.core.errors import SyncError
from qcontact_sync.on_airflow.connections import fibreflow_configuration
from qcontact_sync.on_airflow.version_compat import stats
from qcontact_sync.services.figures import read_figures

log = logging.getLogger(__name__)

PREFIX = "qcontact_sync."
_SWITCHES = ("statsd_on", "statsd_datadog_enabled", "otel_on")


def is_on() -> bool:
    """Whether Airflow sends metrics anywhere."""
    return any(conf.getboolean("metrics", name, fallback=False) for name in _SWITCHES)


def report_run(account: str, summary: Mapping[str, Any]) -> None:
    """Report a run that has just been recorded, and how the sync stands after it.

    Args:
        summary: Of the run (``data`` in docs/triggering.md).
    """
    if not is_on():
        return
    tags = {"account": account}
    stats.incr(f"{PREFIX}runs.{summary['status']}", tags=tags)
    if summary["duration_seconds"] is not None:
        stats.gauge(f"{PREFIX}run_duration_seconds", summary["duration_seconds"], tags=tags)
    for name, number in _outcomes(summary["summary"] or {}):
        stats.incr(f"{PREFIX}tickets.{name}", number, tags=tags)
    report_state(account)


def report_state(account: str) -> None:
    """Report what is pending, and how old the last success is. Without a database: nothing."""
    if not is_on():
        return
    try:
        figures = asyncio.run(read_figures(*fibreflow_configuration(account)))
    except SyncError as error:
        log.warning("metrics.not_read code=%s: %s", error.code, error)
        return
    for name, value in (
        ("pending", figures.pending),
        ("quarantined", figures.quarantined),
        ("conflicts_open", figures.conflicts_open),
        ("last_success_age_seconds", figures.last_success_age_seconds),
    ):
        if value is not None:
            stats.gauge(f"{PREFIX}{name}", value, tags={"account": account})


def _outcomes(summary: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """(direction.outcome, number) of what happened to at least one ticket."""
    for direction in ("inbound", "outbound"):
        for outcome, number in summary.get(direction, {}).items():
            if number and outcome != "processed":
                yield f"{direction}.{outcome}", number
