"""The account's mapping for a person: what it says, and what a new one would change."""

from dataclasses import asdict, dataclass
from pathlib import Path

from qcontact_sync.config.access import Dialect, FibreFlowAccess
from qcontact_sync.config.mapping_file import lineage_mapping, load_mapping
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.schema_fit import SchemaDifference, SchemaVerdict
from qcontact_sync.fibreflow.database import PERSON_PATIENCE_S, Database
from qcontact_sync.fibreflow.ownership import require_own
from qcontact_sync.fibreflow.store import PostgresStore
from qcontact_sync.reporting.field_rules import FieldRules, field_rules
from qcontact_sync.reporting.mapping_effects import Effects, counted_fields, effects_of
from qcontact_sync.services.doctor_schema import examine_schema
from qcontact_sync.services.wiring import open_database, policy_of

__all__ = ["MappingCheck", "check_mapping", "describe_mapping"]


@dataclass(frozen=True, slots=True)
class MappingCheck:
    """How a mapping fits this database.

    Attributes:
        findings: How FibreFlow's tables differ from what the sync and the mapping need.
        effects: None unless it was held against the linked tickets.
    """

    findings: tuple[SchemaDifference, ...]
    effects: Effects | None

    @property
    def refused(self) -> tuple[SchemaDifference, ...]:
        """What keeps tickets from being written."""
        severe = (
            SchemaVerdict.LACKS,
            SchemaVerdict.CANNOT,
            SchemaVerdict.REFUSED,
            SchemaVerdict.UNFILLED,
        )
        return tuple(finding for finding in self.findings if finding.verdict in severe)

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "is_usable": not self.refused,
            "findings": [asdict(finding) for finding in self.findings],
            "effects": None if self.effects is None else self.effects.to_dict(),
        }


def describe_mapping(settings: Settings, dialect: Dialect) -> FieldRules:
    """The rules by which the account's tickets are translated.

    Raises:
        ConfigError: Names everything in its mapping file that cannot be used.
    """
    mapping = load_mapping(settings, dialect)
    sends = dialect is Dialect.TICKETS or mapping.assignment.can_be_sent
    return field_rules(policy_of(mapping, settings, sends_assignment=sends))


async def check_mapping(
    fibreflow: FibreFlowAccess,
    settings: Settings,
    dialect: Dialect,
    file: Path | None = None,
    *,
    is_against_live: bool = False,
) -> MappingCheck:
    """Hold a mapping against the database; nothing is written.

    Args:
        file: A mapping file that is not in use yet; None for the account's own.
        is_against_live: Count the linked tickets that it would change. They are compared with the
            mapping in use; this one with the built-in rules.

    Raises:
        ConfigError: Names everything in the file that cannot be used.
    """
    used = load_mapping(settings, dialect)
    mapping, before = used, lineage_mapping(settings.schema, dialect)
    if file is not None:
        changed = settings.model_copy(update={"mapping_file": str(file)})
        mapping, before = load_mapping(changed, dialect), used
    async with open_database(fibreflow, PERSON_PATIENCE_S) as database:
        await require_own(database, settings.account)
        findings = await examine_schema(database, mapping)
        effects = await _effects(database, mapping, before) if is_against_live else None
    return MappingCheck(tuple(findings), effects)


async def _effects(database: Database, mapping: TicketMapping, before: TicketMapping) -> Effects:
    fields = list(counted_fields(mapping, before))
    rows = await database.read("count_words", {"fields": fields})
    links = await PostgresStore(database).count_links()
    kinds = mapping.sent_notes.kinds - before.sent_notes.kinds
    noted = await database.read("count_waiting_notes", {"kinds": sorted(kinds)})
    return effects_of(rows, links, mapping, before, noted[0]["tickets"])
