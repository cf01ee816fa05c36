"""The engine's worlds on a FibreFlow of the lineage "maintenance"."""

from collections.abc import Iterator

import pytest

from tests.integration.lineage import maintenance
from tests.sync_roles import SyncRoles


@pytest.fixture(scope="session")
def maintenance_template(pg_server: str, roles: SyncRoles) -> Iterator[str]:
    with maintenance.template(pg_server, roles, "usual_words.toml") as name:
        yield name


@pytest.fixture
def maintenance_db(
    pg_server: str, maintenance_template: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    maintenance.use("usual_words.toml", monkeypatch)
    with maintenance.clone(pg_server, maintenance_template) as dsn:
        yield dsn


@pytest.fixture
def fibreflow_db(maintenance_db: str) -> str:
    """In place of the usual one: through the views of the usual names."""
    return maintenance.seen_as_usual(maintenance_db)


@pytest.fixture
def runtime_db(maintenance_db: str, roles: SyncRoles) -> str:
    """In place of the usual one."""
    return roles.as_runtime(maintenance_db)
