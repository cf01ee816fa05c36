"""Deprecated: these functions are now in `qcontact_sync.jobs`, until the next release.

The functions here still take both sides in one (``endpoints``).
"""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qcontact_sync import jobs
from qcontact_sync.config.settings import Settings
from qcontact_sync.reporting.health import Health
from qcontact_sync.services.review import Keep, Row, TicketStory, UnknownId

if TYPE_CHECKING:
    from qcontact_sync.settings import Endpoints

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

warnings.warn("qcontact_sync.review is now qcontact_sync.jobs", DeprecationWarning, stacklevel=2)


def get_status(endpoints: "Endpoints", settings: Settings) -> Health:
    """Deprecated; see `jobs`, as for all below."""
    return jobs.get_status(endpoints.fibreflow, settings)


def list_failures(endpoints: "Endpoints", wanted: Sequence[str] | None = None) -> Sequence[Row]:
    """Deprecated."""
    return jobs.list_failures(endpoints.fibreflow, wanted)


def retry_failures(endpoints: "Endpoints", given: str) -> Sequence[Row]:
    """Deprecated."""
    return jobs.retry_failures(endpoints.fibreflow, given)


def dismiss_failures(endpoints: "Endpoints", given: str) -> Sequence[Row]:
    """Deprecated."""
    return jobs.dismiss_failures(endpoints.fibreflow, given)


def list_conflicts(endpoints: "Endpoints", limit: int | None = None) -> Sequence[Row]:
    """Deprecated."""
    return jobs.list_conflicts(endpoints.fibreflow, limit)


def resolve_conflict(
    endpoints: "Endpoints",
    settings: Settings,
    given: str,
    keep: Keep,
    patience_s: float | None = None,
) -> Row:
    """Deprecated."""
    sides = endpoints.fibreflow, endpoints.qcontact
    return jobs.resolve_conflict(*sides, settings, given, keep, patience_s)


def explain_ticket(endpoints: "Endpoints", settings: Settings, given: str) -> TicketStory:
    """Deprecated."""
    return jobs.explain_ticket(endpoints.fibreflow, endpoints.qcontact, settings, given)
