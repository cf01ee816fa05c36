"""FibreFlow's database, for `qcontact-sync doctor`: does it answer, and is it fit for a run?"""

import asyncio
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from qcontact_sync.config.access import Dialect, FibreFlowAccess, fibreflow_from_env
from qcontact_sync.config.mapping_file import load_mapping
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.errors import ConfigError, SyncError
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.fibreflow import tls
from qcontact_sync.fibreflow.change_mark import read_change_mark
from qcontact_sync.fibreflow.database import PERSON_PATIENCE_S
from qcontact_sync.fibreflow.host_schema import with_columns
from qcontact_sync.fibreflow.migrate import check_schema
from qcontact_sync.fibreflow.needs import needed_rights, needs_of_notes
from qcontact_sync.fibreflow.ownership import require_own
from qcontact_sync.fibreflow.reachability import Obstacle, find_obstacle
from qcontact_sync.fibreflow.unit_of_work import jsonb
from qcontact_sync.services.checks import CHECK_PATIENCE_S, Check, State, check_clock
from qcontact_sync.services.doctor_schema import check_columns, check_writing, examine_schema
from qcontact_sync.services.wiring import open_database

_ADVICE = {
    Obstacle.NAME: "correct the host in DATABASE_URL, or this machine's name service",
    Obstacle.REFUSED: "start PostgreSQL there, or correct host and port in DATABASE_URL",
    Obstacle.SILENT: "correct the host in DATABASE_URL, or let this machine through the firewall",
    Obstacle.MUTE: "correct the port in DATABASE_URL; if it is right, PostgreSQL hangs: restart it",
    Obstacle.ANONYMOUS: "put the password into DATABASE_URL, percent-encoded, or into PGPASSFILE",
    Obstacle.LOGIN: "correct user and password in DATABASE_URL (percent-encode the password)",
    Obstacle.DATABASE: "correct the database's name in DATABASE_URL, or GRANT CONNECT to the user",
}
_MARK_FILE = "include/sql/optional/change_mark.sql"
_NOT_ANSWERED = (
    "see what runs there (pg_stat_activity): another session holds a lock, or the server is busy"
)


async def check_database(
    settings: Settings, dialect: Dialect, patience_s: float = PERSON_PATIENCE_S
) -> Sequence[Check]:
    """Whether it answers; then each check alone, so that one that fails hides no other.

    Args:
        patience_s: How long each check may wait for an answer.
    """
    mapping = load_mapping(settings, dialect)
    try:
        fibreflow = fibreflow_from_env().quick(CHECK_PATIENCE_S)
    except ConfigError as error:
        advice = (
            "set DATABASE_URL to FibreFlow's database, such as postgresql://user:password@host/db"
        )
        return [Check("database", State.FAILED, str(error), advice)]
    try:
        checks = await _check_server(fibreflow, patience_s)
    except SyncError as error:
        return [await _blame(fibreflow, error)]
    return [
        *checks,
        *_check_tls(fibreflow),
        *await _alone("schema", _check_schema(fibreflow, settings, mapping, patience_s)),
        *await _alone("rights", _check_rights(fibreflow, mapping, settings, patience_s)),
        *await _alone("tables", _check_writing(fibreflow, settings, mapping, patience_s)),
        *await _check_change_mark(fibreflow, patience_s),
    ]


async def _blame(fibreflow: FibreFlowAccess, error: SyncError) -> Check:
    """Why it does not answer."""
    address = fibreflow.database_url.get_secret_value()
    if problem := await asyncio.to_thread(tls.problem, tls.verified(address)):
        return Check("database", State.FAILED, problem, "see docs/security.md, TLS")
    obstacle = await asyncio.to_thread(find_obstacle, address)
    if obstacle is None:
        return Check("database", State.FAILED, str(error), _NOT_ANSWERED)
    return Check("database", State.FAILED, f"no connection: {obstacle}", _ADVICE[obstacle])


async def _alone(name: str, check: Awaitable[list[Check]]) -> list[Check]:
    try:
        return await check
    except SyncError as error:
        return [Check(name, State.FAILED, str(error), _NOT_ANSWERED)]


def _check_tls(fibreflow: FibreFlowAccess) -> Iterator[Check]:
    address = fibreflow.database_url.get_secret_value()
    if not (tls.is_local(address) or tls.is_verified(address)):
        found = "the certificate of the database's server is not verified"
        advice = "set sslmode=verify-full, with the CA's file in sslrootcert: docs/security.md"
        yield Check("database TLS", State.WARNING, found, advice)


async def _check_server(fibreflow: FibreFlowAccess, patience_s: float) -> list[Check]:
    async with open_database(fibreflow, patience_s) as database:
        await database.read("read_database_time")  # connects, so that the clock is read at once
        asked_at = datetime.now(UTC)
        row = (await database.read("who_answers"))[0]
        answered_at = datetime.now(UTC)
    found = f"PostgreSQL {row['version']}, database {row['database']}, user {row['login']}"
    return [
        Check("database", State.OK, found),
        check_clock("database clock", row["at"], asked_at, answered_at),
    ]


async def _check_schema(
    fibreflow: FibreFlowAccess, settings: Settings, mapping: TicketMapping, patience_s: float
) -> list[Check]:
    try:
        async with open_database(fibreflow, patience_s) as database:
            await check_schema(database)
            await require_own(database, settings.account)
            further = needs_of_notes(settings.inbound_notes)
            return [check_columns(await examine_schema(database, mapping, further))]
    except SyncError as error:
        return [Check("schema", State.FAILED, str(error))]  # which says what to do


async def _check_rights(
    fibreflow: FibreFlowAccess, mapping: TicketMapping, settings: Settings, patience_s: float
) -> list[Check]:
    async with open_database(fibreflow, patience_s) as database:
        schema = with_columns(database.schema, mapping)
        needed = needed_rights(schema, inbound_notes=settings.inbound_notes)
        missing = await database.read("missing_rights", {"needed": jsonb(needed)})
    if not missing:
        return [Check("rights", State.OK, "the database's user has all rights that the sync needs")]
    by_table: dict[str, list[str]] = {}
    for row in missing:
        by_table.setdefault(row["name"], []).append(row["privilege"])
    lacks = "; ".join(f"{', '.join(p)} on {name}" for name, p in by_table.items())
    advice = "run include/sql/optional/roles.sql, or GRANT these"
    return [Check("rights", State.FAILED, f"lacking: {lacks}", advice)]


async def _check_writing(
    fibreflow: FibreFlowAccess, settings: Settings, mapping: TicketMapping, patience_s: float
) -> list[Check]:
    async with open_database(fibreflow, patience_s) as database:
        return await check_writing(database, mapping, needs_of_notes(settings.inbound_notes))


async def _check_change_mark(fibreflow: FibreFlowAccess, patience_s: float) -> Sequence[Check]:
    """Whether the optional triggers are in order and of use; nothing where there are none."""
    try:
        async with (
            open_database(fibreflow, patience_s) as database,
            database.transaction(read_only=True) as reading,
        ):
            mark = await read_change_mark(reading)
    except SyncError:
        return []  # the checks of schema and rights say why
    return list(_judge_change_mark(mark))


def _judge_change_mark(mark: Mapping[str, Any]) -> Iterator[Check]:
    if mark["present"] and mark["triggers"] is None:
        found = "a trigger is missing, disabled or cannot work: each run compares all tickets"
        yield Check("change mark", State.WARNING, found, f"{_MARK_FILE} adds or removes them")
    elif mark["present"] and not mark["is_recent"]:
        found = "on, but no run sent changes in the last two days, and marks pile up"
        advice = f"let outbound run, or remove the triggers: {_MARK_FILE}"
        yield Check("change mark", State.WARNING, found, advice)
    elif mark["present"]:
        found = f"on; all tickets were compared at {mark['compared_at']:%Y-%m-%d %H:%M} UTC"
        yield Check("change mark", State.OK, found)
