"""Deprecated: these functions are now in `qcontact_sync.jobs`, until the next release.

Here they still take both sides in one (``endpoints``).
"""

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from qcontact_sync import jobs
from qcontact_sync.services.review import Keep, TicketStory, UnknownId

__all__ = [
    "Keep",
    "TicketStory",
    "UnknownId",
    "dismiss_failures",
    "explain_ticket",
    "get_status",
    "list_conflicts",
    "list_failures",
    "resolve_conflict",
    "retry_failures",
]

T = TypeVar("T")
FIBREFLOW, BOTH = ("fibreflow",), ("fibreflow", "qcontact")

warnings.warn("qcontact_sync.review is now qcontact_sync.jobs", DeprecationWarning, stacklevel=2)


def _taking_endpoints(function: Callable[..., T], sides: tuple[str, ...]) -> Callable[..., T]:
    @wraps(function)
    def call(endpoints: Any, *args: Any, **kwargs: Any) -> T:
        return function(*(getattr(endpoints, side) for side in sides), *args, **kwargs)

    return call


get_status = _taking_endpoints(jobs.get_status, FIBREFLOW)
list_failures = _taking_endpoints(jobs.list_failures, FIBREFLOW)
retry_failures = _taking_endpoints(jobs.retry_failures, FIBREFLOW)
dismiss_failures = _taking_endpoints(jobs.dismiss_failures, FIBREFLOW)
list_conflicts = _taking_endpoints(jobs.list_conflicts, FIBREFLOW)
resolve_conflict = _taking_endpoints(jobs.resolve_conflict, BOTH)
explain_ticket = _taking_endpoints(jobs.explain_ticket, BOTH)
