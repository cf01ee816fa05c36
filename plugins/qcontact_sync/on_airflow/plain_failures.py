"""Failures whose reason says everything: Airflow logs them without a traceback.

Airflow logs every exception of a task with its traceback. For a wrong key or a database that is
down, that is a dozen lines about this package's code below the one line that matters. The trace of
an unexpected error is already in the log (`sync.unexpected`).
"""

import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from qcontact_sync.core.errors import SyncError
from qcontact_sync.on_airflow.version_compat import AirflowFailException

_Event = MutableMapping[str, Any]


class RunFailed(AirflowFailException):
    """The task failed for an expected reason, which is its message; no retry."""


def log_without_trace() -> None:
    """From now on, this process logs expected failures by their reason only; safe to repeat."""
    processors = structlog.get_config()["processors"]
    # In place: Airflow's loggers keep the list that they were made with.
    if _drop_trace not in processors:
        processors.insert(0, _drop_trace)


def _drop_trace(_logger: object, _method: str, event: _Event) -> _Event:
    error = sys.exc_info()[1]
    if event.get("exc_info") and isinstance(error, SyncError | RunFailed):
        del event["exc_info"]
        event["event"] = f"Task failed: {error}"
    return event
