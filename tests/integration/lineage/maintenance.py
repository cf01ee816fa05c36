"""A FibreFlow of the lineage "maintenance" for the tests: its database, and the sync's settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from psycopg.conninfo import make_conninfo
from qcontact_sync.config.access import Dialect
from qcontact_sync.config.mapping_file import load_mapping
from qcontact_sync.config.settings import Settings
from qcontact_sync.fibreflow.host_schema import HostSchema, with_columns

from dev.database.postgres import drop_database, ensure_database
from tests.database import rows
from tests.sync_roles import SyncRoles

HERE = Path(__file__).parent
MAINTENANCE = "maintenance"
SCHEMA = HostSchema.of_lineage(MAINTENANCE)
APPLICATION = Path(__file__).parents[3] / "dev" / "database" / "sql" / "maintenance_schema.sql"
# What the application's CHECK takes is known up to this word: the engine's suites use it.
_TAKES_CLOSED = """
ALTER TABLE maintenance_tickets DROP CONSTRAINT maintenance_tickets_status_check;
ALTER TABLE maintenance_tickets ADD CONSTRAINT maintenance_tickets_status_check CHECK (
    status IN ('open', 'assigned', 'in_progress', 'pending_qa', 'qa_in_progress', 'qa_rejected',
               'qa_approved', 'pending_handover', 'handed_to_ops', 'resolved', 'verified',
               'closed', 'cancelled')
) NOT VALID;
"""


def use(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the lineage and one of this folder's mapping files."""
    monkeypatch.setenv("QCONTACT_SYNC_SCHEMA", MAINTENANCE)
    monkeypatch.setenv("QCONTACT_SYNC_MAPPING_FILE", str(HERE / words))


@contextmanager
def template(server: str, roles: SyncRoles, words: str) -> Iterator[str]:
    """Name of a migrated database that nobody is connected to."""
    name = f"template_{uuid4().hex}"
    owner = ensure_database(server, name)
    rows(owner, APPLICATION.read_text())
    rows(owner, (HERE / "eyes.sql").read_text())
    if words == "usual_words.toml":
        rows(owner, _TAKES_CLOSED)
    settings = Settings(schema=MAINTENANCE, mapping_file=str(HERE / words))
    mapping = load_mapping(settings, Dialect.TICKETS)
    roles.migrate(owner, with_columns(HostSchema.of_lineage(MAINTENANCE), mapping))
    yield name
    drop_database(server, name)


def seen_as_usual(owner: str) -> str:
    """The same database through the views of the usual names."""
    return make_conninfo(owner, options="-c search_path=eyes,public")
