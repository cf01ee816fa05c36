"""The figures about the sync in metrics, in addition to a run's own counts."""

from dataclasses import dataclass

from qcontact_sync.config.access import FibreFlowAccess
from qcontact_sync.config.mapping_file import sent_notes
from qcontact_sync.config.settings import Settings
from qcontact_sync.fibreflow.insights import Insights
from qcontact_sync.fibreflow.store import PostgresStore
from qcontact_sync.services.wiring import open_database


@dataclass(frozen=True, slots=True)
class Figures:
    """Attributes:
    pending: Tickets with pending changes or notes.
    last_success_age_seconds: Since the end of the last run with status success; None without one.
    """

    pending: int
    quarantined: int
    conflicts_open: int
    last_success_age_seconds: float | None


async def read_figures(fibreflow: FibreFlowAccess, settings: Settings) -> Figures:
    """The figures as of now.

    Raises:
        SyncError: The database is not available.
    """
    async with open_database(fibreflow) as database:
        row = await Insights(database).figures()
        pending = await PostgresStore(database).list_pending(None, None, sent=sent_notes(settings))
    return Figures(pending=len(pending), **row)
