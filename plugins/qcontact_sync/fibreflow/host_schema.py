"""Names and columns of FibreFlow's tables in one database."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType

from qcontact_sync.core.built_in import FIBREFLOW
from qcontact_sync.core.columns import Flow
from qcontact_sync.core.mapping import TicketMapping


@dataclass(frozen=True, slots=True)
class TableNames:
    """The names of FibreFlow's tables in this database, with ``schema.`` if it is not on the search
    path.
    """

    tickets: str = "tickets"
    ticket_notes: str = "ticket_notes"
    users: str = "users"
    qcontact_sync_log: str = "qcontact_sync_log"
    sync_job_history: str = "sync_job_history"

    def by_usual_name(self) -> dict[str, str]:
        """The names here by the names that the SQL files contain."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


OWN_NAMES: Mapping[str, TableNames] = MappingProxyType(
    {
        FIBREFLOW: TableNames(),
        "maintenance": TableNames(
            tickets="maintenance_tickets",
            ticket_notes="maintenance_notes",
            users="staff",
            qcontact_sync_log="maintenance_qcontact_sync_log",
        ),
    }
)
"""The names of the tables in each lineage of FibreFlow's schema."""
OWN_COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType({"maintenance": ("created_at",)})
"""Columns that a mapping may name and the lineage's own ``write_tickets`` fills: where a ticket has
no value, they need the column's default."""


@dataclass(frozen=True, slots=True)
class HostSchema:
    """FibreFlow's schema in one database.

    Attributes:
        lineage: A key of `OWN_NAMES`; ``include/sql/adapters/<lineage>`` holds what differs.
        names: What the tables are called in this database.
        updated: Columns of tickets that only a mapping names: they are read, inserted and updated.
        inserted: All those that a new ticket gets: these, and such that only an insert fills.
    """

    names: TableNames = field(default_factory=TableNames)
    lineage: str = FIBREFLOW
    updated: tuple[str, ...] = ()
    inserted: tuple[str, ...] = ()

    @classmethod
    def of_lineage(cls, lineage: str, **names: str) -> "HostSchema":
        """The lineage's schema, where tables with a given name have it."""
        return cls(TableNames(**{**OWN_NAMES[lineage].by_usual_name(), **names}), lineage)

    @property
    def own_columns(self) -> tuple[str, ...]:
        """See `OWN_COLUMNS`."""
        return OWN_COLUMNS.get(self.lineage, ())

    def quoted_names(self) -> dict[str, str]:
        """What statements call the tables, by usual name."""
        return {usual: _quoted(name) for usual, name in self.names.by_usual_name().items()}

    def other_names(self, than: TableNames) -> dict[str, str]:
        """Quoted names of this database by those names, without the ones that are the same."""
        here, quoted = self.names.by_usual_name(), self.quoted_names()
        expected = than.by_usual_name().items()
        return {name: quoted[usual] for usual, name in expected if name != here[usual]}

    def expected_tables(self) -> list[str]:
        """Quoted names of the tables that must be there: `migrate` makes only the usual ones."""
        quoted = self.quoted_names()
        if self.lineage != FIBREFLOW:
            return list(quoted.values())
        return list(self.other_names(TableNames()).values())


USUAL = HostSchema()


def with_columns(schema: HostSchema, mapping: TicketMapping) -> HostSchema:
    """The schema with the columns of tickets that only the mapping names."""
    names = (name for name in mapping.more_columns if name not in schema.own_columns)
    flows = {name: mapping.flow(name) for name in names}
    updated = tuple(name for name, flow in flows.items() if flow is Flow.INBOUND)
    created = tuple(name for name, flow in flows.items() if flow is Flow.CREATE)
    return replace(schema, updated=updated, inserted=(*updated, *created, *mapping.constants))


def _quoted(name: str) -> str:
    return ".".join(f'"{part}"' for part in name.split("."))
