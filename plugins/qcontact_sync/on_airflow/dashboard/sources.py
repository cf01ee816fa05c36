"""The sources of the pages' facts, and how long a page waits for them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from qcontact_sync.config.access import FibreFlowAccess, QContactAccess
from qcontact_sync.config.accounts import Account, find_account
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.request import RunRequest
from qcontact_sync.on_airflow.connections import configuration, fibreflow_configuration
from qcontact_sync.on_airflow.endpoint import runs
from qcontact_sync.on_airflow.surroundings import read_surroundings
from qcontact_sync.on_airflow.threads import Patience, Threads
from qcontact_sync.reporting.surroundings import Surroundings

_QCONTACT_TIMEOUT_S = 8.0
DECISION_PATIENCE_S = 8.0
"""How long a decision waits for the end of an active run."""
_lookups = Threads()
patience = Patience(20)


@dataclass(frozen=True, slots=True)
class PageSources:
    """The sources of a page.

    Attributes:
        now: The time of the page, aware UTC.
    """

    fibreflow: FibreFlowAccess
    settings: Settings
    now: datetime


@dataclass(frozen=True, slots=True)
class BothSides(PageSources):
    """The sources of a page or decision that also asks QContact."""

    qcontact: QContactAccess


async def fibreflow(account: str) -> PageSources:
    """The account's FibreFlow database and the settings.

    Raises:
        ConfigError: Names the connection or setting.
    """
    found, settings = await _lookups.run(fibreflow_configuration, account)
    return PageSources(found.quick(), settings, datetime.now(UTC))


async def airflow(account: str, settings: Settings) -> Surroundings:
    """What Airflow knows about the account's DAG."""
    return await _lookups.run(read_surroundings, find_account(account), settings)


async def start(account: Account, wanted: RunRequest, user: str) -> str:
    """Start a run of the account's DAG, or join an equal one.

    Returns:
        The run's id in Airflow.

    Raises:
        Refusal: The DAG is paused, or Airflow does not know it.
    """
    return await _lookups.run(runs.start, account.dag_id, wanted, None, user)


async def both_sides(account: str) -> BothSides:
    """The same with QContact.

    Raises:
        ConfigError: Names the connection or setting.
    """
    found, qcontact, settings = await _lookups.run(configuration, account)
    hurried = settings.quick(settings.retry_budget_s, _QCONTACT_TIMEOUT_S)
    return BothSides(found.quick(), hurried, datetime.now(UTC), qcontact)
