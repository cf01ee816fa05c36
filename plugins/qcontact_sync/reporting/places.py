"""Where a matter is settled: the page with its button, on the dashboard or in Airflow.

Pages, mails and the command line name the same places.
"""

from dataclasses import dataclass, replace
from urllib.parse import quote

from qcontact_sync.core.errors import ErrorCode
from qcontact_sync.reporting.advice import advice_for
from qcontact_sync.reporting.alerts import Facts, Rule

DASHBOARD = "/qcontact-sync"
"""The dashboard's path below Airflow's base URL."""


@dataclass(frozen=True, slots=True)
class Place:
    """A page.

    Attributes:
        path: Below the dashboard of the account, or below Airflow.
        do: What to do there, as the text of a link; an imperative.
    """

    path: str
    do: str
    is_airflows: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """What an account's parts are called in Airflow.

    Attributes:
        account: None for the only account.
    """

    account: str | None = None
    dag_id: str = "qcontact_sync"
    qcontact: str = "qcontact_default"
    fibreflow: str = "fibreflow_default"


_PLACES: dict[str, Place] = {
    Rule.RUN_FAILED: Place("/runs", "Open the run and follow its advice"),
    Rule.DATED_RUN_FAILED: Place("/runs?status=failed", "Open the failed runs"),
    Rule.LATE: Place("/runs", "See what the newest runs do"),
    Rule.STALE: Place("/run", "Start a run"),
    Rule.INBOUND_RATE: Place("/quarantine", "See which tickets fail, and why"),
    Rule.OUTBOUND_RATE: Place("/quarantine", "See which tickets fail, and why"),
    Rule.QUARANTINE_OLD: Place("/quarantine", "Settle these tickets"),
    Rule.NEEDS_YOU: Place("/conflicts", "Decide the open conflicts"),
    Rule.HELD: Place("/pending", "Check the held changes and confirm them"),
    Rule.DIVERGENCE: Place("/help#divergence", "See how to find these tickets"),
    "no-run-yet": Place("/run", "Start the first run"),
    "paused": Place("/dags/", "Unpause the DAG in Airflow", is_airflows=True),
    "stuck": Place("/quarantine", "Settle these tickets"),
    "no-mails": Place("/help#no-mails", "See how to set up mails"),
}
_OF_QCONTACT = frozenset(
    {
        ErrorCode.AUTHENTICATION_ERROR,
        ErrorCode.AUTHORIZATION_ERROR,
        ErrorCode.NOT_FOUND,
        ErrorCode.NETWORK_ERROR,
        ErrorCode.PARSE_ERROR,
        ErrorCode.CONFIG_ERROR,
    }
)


def places_of(matter: str, facts: Facts | None, names: Names) -> tuple[Place, ...]:
    """The pages that settle a matter, the first one first.

    Of a failed run this is its own page and, if the connection may be wrong, that connection.
    """
    place = _PLACES[matter]
    if matter == "paused":
        return (replace(place, path=f"{place.path}{quote(names.dag_id, safe='')}"),)
    live = facts.live if facts else None
    if matter != Rule.RUN_FAILED or live is None:
        return (place,)
    connection = connection_of(live.error_code, names)
    run = replace(place, path=f"/runs/{live.job_id}") if live.job_id else place
    return (run, correcting(connection)) if connection else (run,)


def correcting(connection: str) -> Place:
    """Airflow's list of connections with this one."""
    path = f"/connections?name_pattern={quote(connection, safe='')}"
    return Place(path, f"Correct the connection {connection}", is_airflows=True)


def connection_of(code: str | None, names: Names) -> str | None:
    """The connection that a run's error may be about."""
    if code == ErrorCode.DATABASE_ERROR:
        return names.fibreflow
    return names.qcontact if code in _OF_QCONTACT else None


def remedy_for(code: str | None, names: Names) -> str:
    """What to do about an error code, with the connection's name; empty if the code is unknown."""
    _, remedy = advice_for(code)
    return remedy.replace("the QContact connection", f"the connection {names.qcontact}")


def address_of(place: Place, airflow_url: str, account: str | None) -> str:
    """The address of a page.

    Args:
        airflow_url: Airflow's base URL.
        account: None for the only account.
    """
    base = airflow_url.rstrip("/")
    if place.is_airflows:
        return f"{base}{place.path}"
    of_account = f"/accounts/{quote(account, safe='')}" if account else ""
    return f"{base}{DASHBOARD}{of_account}{place.path}"
