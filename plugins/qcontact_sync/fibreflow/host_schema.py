"""How FibreFlow's tables are called and shaped in one database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType


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


FIBREFLOW = "fibreflow"
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

    def with_columns(self, updated: Iterable[str], only_inserted: Iterable[str]) -> "HostSchema":
        """The same with columns of tickets that only a mapping names."""
        changing = tuple(updated)
        return replace(self, updated=changing, inserted=(*changing, *only_inserted))

    def other_names(self, than: TableNames) -> dict[str, str]:
        """Quoted names of this database by those names, without the ones that are the same."""
        here = self.names.by_usual_name()
        return {
            name: _quoted(here[usual])
            for usual, name in than.by_usual_name().items()
            if name != here[usual]
        }

    def expected_tables(self) -> list[str]:
        """Quoted names of the tables that must be there: `migrate` makes only the usual ones."""
        here = self.names.by_usual_name()
        is_usual = self.lineage == FIBREFLOW
        return [_quoted(name) for usual, name in here.items() if not is_usual or name != usual]


USUAL = HostSchema()


def _quoted(name: str) -> str:
    return ".".join(f'"{part}"' for part in name.split("."))
