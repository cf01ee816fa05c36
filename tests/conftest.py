"""The database every test may ask for: a real PostgreSQL, private unless one is given."""

import gc
import logging
import shutil
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from qcontact_sync.qcontact import user_sessions

from dev.database.postgres import drop_database, ensure_database
from tests.airflow_version import HAS_OWN_DEADLINES
from tests.chromium import chromium
from tests.copies import Copies
from tests.deployment.proxies import caddy, nginx
from tests.depth import IS_DEEP
from tests.grouping import GroupScheduling, needs_airflow, put_in_order
from tests.lent_databases import LentDatabases
from tests.pooler import pgbouncer
from tests.private_postgres import postgres, tls_bindir
from tests.shared import session_folder
from tests.sync_roles import SyncRoles, sync_roles

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background by a shell: what these tests start would be deaf to Ctrl-C too.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Properties are judged by what they find, not by how long a busy machine takes.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

_NEEDED = {
    "browser": ("Chromium", chromium),
    "pooler": ("PgBouncer", pgbouncer),
    "tls": ("PostgreSQL with TLS", tls_bindir),
    "redis": ("Redis", lambda: shutil.which("redis-server")),
    "nginx": ("nginx", nginx),
    "caddy": ("Caddy", caddy),
    "deadlines": ("Deadline Alert with a reference of its own", lambda: HAS_OWN_DEADLINES or None),
}
"""By mark: what may be missing, and how it is found."""


def _missing() -> dict[str, str]:
    return {mark: name for mark, (name, find) in _NEEDED.items() if find() is None}


def pytest_configure() -> None:
    """Before the workers of pytest-xdist start, which inherit it."""
    session_folder()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Does not even import Airflow where its tests are left out."""
    is_left_out = "not airflow" in config.option.markexpr and needs_airflow(collection_path)
    return True if is_left_out else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> GroupScheduling:
    """Not xdist's own groups: with pytest 9.2 it loses the names that it appends to tests' ids."""
    return GroupScheduling(config, log)


# Before pytest selects by mark: `-m "not airflow"`.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out the tests of what is not here (`pytest_terminal_summary` says so), and those that
    are for `make prove` alone.
    """
    put_in_order(items)
    for mark in (*_missing(), *(() if IS_DEEP else ("deep",))):
        left_out = [item for item in items if item.get_closest_marker(mark)]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def pytest_collection() -> None:
    """Thousands of tests and their modules stay until the end: the garbage collector need not look
    through them again and again.
    """
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for mark, name in _missing().items():
        terminalreporter.write_line(f"no {name} here: the tests marked {mark} were left out")


@pytest.fixture(autouse=True)
def _audible() -> None:
    """Airflow's logging setup silences loggers that were there before it; a test that looks for
    what must not be in the log needs them all.
    """
    for name, logger in logging.root.manager.loggerDict.items():
        if name.startswith("qcontact_sync") and isinstance(logger, logging.Logger):
            logger.disabled = False


@pytest.fixture(autouse=True)
def _signed_in_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process keeps its sign-ins by address, and the next server may get the same port: its
    first request would be one too many, and a sign-out would reach the server of another test.
    """
    monkeypatch.setattr(user_sessions, "_sessions", {})


@pytest.fixture(scope="session")
def pg_server() -> Iterator[str]:
    """DSN of a server where databases may be created: TEST_DATABASE_URL, or a throwaway one."""
    with postgres() as dsn:
        yield dsn


@pytest.fixture(scope="session")
def roles(pg_server: str) -> Iterator[SyncRoles]:
    """Who migrates and who syncs; what is not the sync's is done as the server's own user."""
    with sync_roles(pg_server) as made:
        yield made


@pytest.fixture(scope="session")
def copies(pg_server: str, roles: SyncRoles) -> Iterator[Copies]:
    """Makes copies of databases."""
    made = Copies(pg_server)
    yield made
    made.drop()


@pytest.fixture(scope="session")
def lent(pg_server: str, copies: Copies) -> Iterator[LentDatabases]:
    """Lends copies that others have used and left as they were."""
    made = LentDatabases(pg_server, copies)
    yield made
    made.drop()


@pytest.fixture
def empty_db(pg_server: str, roles: SyncRoles) -> Iterator[str]:
    """DSN of a database of the test's own, dropped after it."""
    name = f"test_{uuid.uuid4().hex}"
    yield ensure_database(pg_server, name)
    drop_database(pg_server, name)


@pytest.fixture(scope="session")
def template_db(pg_server: str, roles: SyncRoles) -> Iterator[str]:
    """Name of a migrated database that nobody is connected to."""
    name = f"template_{uuid.uuid4().hex}"
    roles.migrate(ensure_database(pg_server, name))
    yield name
    drop_database(pg_server, name)


@pytest.fixture
def fibreflow_db(lent: LentDatabases, template_db: str) -> Iterator[str]:
    """DSN of a migrated database of the test's own, for who may do everything there."""
    with lent.lend(template_db) as dsn:
        yield dsn


@pytest.fixture
def runtime_db(fibreflow_db: str, roles: SyncRoles) -> str:
    """DSN of the same database for the sync, which may do there only what it needs."""
    return roles.as_runtime(fibreflow_db)
