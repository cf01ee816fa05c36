"""Creates and upgrades the sync's own tables."""

from qcontact_sync.fibreflow.migrate import migrate as migrate_database
from qcontact_sync.services.wiring import host_schema


def migrate(database_url: str) -> list[str]:
    """Upgrade the database's schema; return the names of the applied migrations."""
    return migrate_database(database_url, host_schema())
