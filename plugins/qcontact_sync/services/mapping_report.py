"""The account's mapping for a person: what it says, and what a new one would change."""

from dataclasses import dataclass
from pathlib import Path

from qcontact_sync.config.access import Dialect, FibreFlowAccess
from qcontact_sync.config.mapping_file import lineage_mapping, load_mapping
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.fibreflow.database import PERSON_PATIENCE_S, Database
from qcontact_sync.fibreflow.ownership import require_own
from qcontact_sync.fibreflow.store import PostgresStore
from qcontact_sync.reporting.field_rules import FieldRules, field_rules
from qcontact_sync.reporting.mapping_effects import Effects, counted_fields, effects_of
from qcontact_sync.services.wiring import open_database, policy_of

__all__ = ["MappingCheck", "check_mapping", "describe_mapping"]


@dataclass(frozen=True, slots=True)
class MappingCheck:
    """How a mapping fits this database.

    Attributes:
        is_new: It is another file's than the one in use.
        effects: None unless it was held against the linked tickets.
    """

    is_new: bool
    effects: Effects | None

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        effects = None if self.effects is None else self.effects.to_dict()
        return {"is_new": self.is_new, "effects": effects}


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
        effects = await _effects(database, mapping, before) if is_against_live else None
    return MappingCheck(file is not None, effects)


async def _effects(database: Database, mapping: TicketMapping, before: TicketMapping) -> Effects:
    fields = list(counted_fields(mapping, before))
    rows = await database.read("count_words", {"fields": fields})
    links = await PostgresStore(database).count_links()
    return effects_of(rows, links, mapping, before)
