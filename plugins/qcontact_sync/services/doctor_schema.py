"""Checks what may keep rows out of FibreFlow's tables although columns and rights exist."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from qcontact_sync.config.mapping_file import MAPPING_FILE
from qcontact_sync.core.catalogue import Catalogue, Needs
from qcontact_sync.core.errors import ConfigError
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.schema_fit import SchemaDifference, SchemaVerdict, examine, words_digest
from qcontact_sync.fibreflow.catalogue import read_catalogue
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.fibreflow.host_schema import HostSchema
from qcontact_sync.fibreflow.migrate import SchemaMismatch
from qcontact_sync.fibreflow.needs import NEEDS
from qcontact_sync.fibreflow.run_store import PostgresRunStore
from qcontact_sync.fibreflow.unit_of_work import jsonb
from qcontact_sync.services.checks import Check, State

log = logging.getLogger(__name__)

Row = Mapping[str, Any]

_ADVICE = (
    "give the column a default or more room, drop the rule, or make the view updatable "
    "(an INSTEAD OF trigger): docs/configuration.md"
)


async def examine_schema(
    database: Database, mapping: TicketMapping, further: Needs = MappingProxyType({})
) -> list[SchemaDifference]:
    """How FibreFlow's tables differ from what the sync and the mapping need.

    Args:
        further: See `needs.needs_of_notes`.
    """
    return _examined(database.schema, await read_catalogue(database, further), mapping, further)


def _examined(
    schema: HostSchema, catalogue: Catalogue, mapping: TicketMapping, further: Needs
) -> list[SchemaDifference]:
    needs = {**NEEDS[schema.lineage], **further}
    names = {**schema.names.by_usual_name(), **{name: name for name in further}}
    return examine(catalogue, needs, names, mapping)


async def require_fit(
    database: Database,
    mapping: TicketMapping,
    further: Needs = MappingProxyType({}),
    *,
    is_from_file: bool = False,
) -> str | None:
    """Refuse a database in which no ticket can be written, and a mapping file with words that the
    database never took.

    What else refuses some tickets was changed later: those tickets fail by name, and not the run.

    Args:
        further: See `examine_schema`.
        is_from_file: The account has a mapping file.

    Returns:
        The digest of the file's words, to be noted with the run; None without a file.

    Raises:
        SchemaMismatch: Names all that does not fit.
        ConfigError: The same, of a mapping file.
    """
    findings = await examine_schema(database, mapping, further)
    severe = [f for f in findings if f.verdict in (SchemaVerdict.LACKS, SchemaVerdict.CANNOT)]
    if severe:
        raise SchemaMismatch(
            f"FibreFlow's tables do not fit: {_joined(severe)}: see `qcontact-sync doctor`"
        )
    digest = words_digest(mapping) if is_from_file else None
    refused = [f for f in findings if f.verdict is SchemaVerdict.REFUSED]
    if refused and digest and not await PostgresRunStore(database).were_words_taken(digest):
        raise ConfigError(f"{MAPPING_FILE} does not fit this database: {_joined(refused)}")
    for finding in findings:
        if finding.verdict in (SchemaVerdict.REFUSED, SchemaVerdict.UNFILLED, SchemaVerdict.SHORT):
            log.warning("schema.%s %s", finding.verdict.value, finding)
    return digest


def check_columns(findings: Iterable[SchemaDifference]) -> Check:
    """Whether all tables and columns are there."""
    lacking = [finding for finding in findings if finding.verdict is SchemaVerdict.LACKS]
    if not lacking:
        return Check("schema", State.OK, "up to date")
    advice = "see docs/configuration.md: a table may have another name, a view other columns"
    return Check("schema", State.FAILED, _joined(lacking), advice)


async def check_writing(database: Database, mapping: TicketMapping, further: Needs) -> list[Check]:
    """Whether tickets can be written at all, and what may hide rows from the sync."""
    catalogue = await read_catalogue(database, further)
    findings = _examined(database.schema, catalogue, mapping, further)
    guarded = await database.read("row_security")
    encoding = (await database.read("who_answers"))[0]["encoding"]
    can_be_read = all(finding.verdict is not SchemaVerdict.LACKS for finding in findings)
    return [
        *_check_fit(findings),
        *(await _check_old_words(database, catalogue) if can_be_read else ()),
        *_check_policies(guarded),
        *_check_encoding(encoding),
    ]


_WORD_FIELDS = ("status", "priority", "ticket_type")


async def _check_old_words(database: Database, catalogue: Catalogue) -> list[Check]:
    """Whether rows hold words that their columns do not take any more: no write to them passes."""
    columns = {need.name: need.column for need in NEEDS[database.schema.lineage]["tickets"]}
    table = catalogue["tickets"]
    taken = {
        field: sorted(words)
        for field in _WORD_FIELDS
        if (words := table.columns[columns[field]].words) is not None
    }
    rows = await database.read("count_refused_words", {"words": jsonb(taken)}) if taken else []
    if not rows:
        return []
    stale = ", ".join(f"{row['word']} ({columns[row['field']]}, {row['tickets']})" for row in rows)
    found = (
        f"{table.name} holds words that a constraint refuses today, in rows from before: {stale}"
    )
    advice = (
        "give these rows a word that it takes (docs/migrating.md): until then each change of such "
        "a row is refused, and its ticket waits in quarantine"
    )
    return [Check("old words", State.WARNING, found, advice)]


def _check_fit(findings: Sequence[SchemaDifference]) -> Iterator[Check]:
    by_verdict = {v: [f for f in findings if f.verdict is v] for v in SchemaVerdict}
    severe = [
        *by_verdict[SchemaVerdict.CANNOT],
        *by_verdict[SchemaVerdict.REFUSED],
        *by_verdict[SchemaVerdict.UNFILLED],
    ]
    short, adapted = by_verdict[SchemaVerdict.SHORT], by_verdict[SchemaVerdict.ADAPTED]
    if severe:
        yield Check("tables", State.FAILED, _joined(severe), _advice(severe))
    elif short:
        found = f"{_joined(short)}: tickets with longer texts wait in quarantine"
        yield Check("tables", State.WARNING, found, _advice(short))
    else:
        yield Check("tables", State.OK, "the sync's rows can be written")
    if adapted:
        yield Check("tables adapted", State.OK, _joined(adapted))


def _joined(findings: Iterable[SchemaDifference]) -> str:
    return "; ".join(map(str, findings))


def _advice(findings: Iterable[SchemaDifference]) -> str:
    lines = [finding.line for finding in findings if finding.line]
    named = f"in the mapping file: {'; '.join(lines)}; or " if lines else ""
    return named + _ADVICE


def _check_policies(guarded: Iterable[Row]) -> Iterator[Check]:
    found = "; ".join(map(_policy, guarded))
    if found:
        yield Check(
            "row security",
            State.WARNING,
            f"policies apply to this user: {found}",
            "let them pass every ticket from QContact, or give the user BYPASSRLS: a ticket whose "
            "row a policy hides or refuses fails, and a row that is hidden and has no link yet is "
            "created a second time",
        )


def _policy(row: Row) -> str:
    if not row["has_policy"]:
        return f"{row['name']} (no policy lets a row pass)"
    if row["restrictive"]:
        return f"{row['name']} (restrictive: {row['restrictive']})"
    return str(row["name"])


def _check_encoding(encoding: str) -> Iterator[Check]:
    if encoding != "UTF8":
        found = f"the database's encoding is {encoding}, not UTF8"
        advice = (
            "move it to a database with UTF8: tickets with characters that it cannot store "
            "wait in quarantine"
        )
        yield Check("encoding", State.WARNING, found, advice)
