"""The roles of include/sql/optional/roles.sql: the tests' sync may do what the real one may."""

import secrets
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from qcontact_sync.fibreflow.host_schema import USUAL, HostSchema
from qcontact_sync.fibreflow.migrate import migrate
from yarl import URL

from dev.database.pg_binaries import find_bindir
from dev.database.postgres import drop_database, ensure_database

SCRIPT = Path(__file__).parents[1] / "include" / "sql" / "optional" / "roles.sql"


@dataclass(frozen=True)
class SyncRoles:
    """Names of roles that a server has for as long as the tests run."""

    migrator: str
    runtime: str
    password: str = field(repr=False)

    def grant(self, owner: str, schema: HostSchema = USUAL, *, inbound_notes: str = "off") -> None:
        """Run the script in a database, as the operator does.

        Args:
            owner: DSN of who may grant.
        """
        names = {
            "migrator": self.migrator,
            "runtime": self.runtime,
            "lineage": schema.lineage,
            "inbound_notes": inbound_notes,
            **schema.names.by_usual_name(),
            "more_inserted": "".join(f", {name}" for name in schema.inserted),
            "more_updated": "".join(f", {name}" for name in schema.updated),
        }
        given = [f"--set={name}={value}" for name, value in names.items()]
        subprocess.run(
            [find_bindir() / "psql", owner, "-q", "--no-psqlrc", *given, "-f", SCRIPT],
            check=True,
            capture_output=True,
        )

    def migrate(self, owner: str, schema: HostSchema = USUAL) -> None:
        """Give a database the schema, its own role the ownership, and the sync its rights."""
        self.grant(owner, schema)
        migrate(self.as_migrator(owner), schema)
        self.grant(owner, schema)

    @contextmanager
    def database(self, server: str, name: str) -> Iterator[str]:
        """A migrated database for the time of the block; its owner's DSN."""
        dsn = ensure_database(server, name)
        self.migrate(dsn)
        yield dsn
        drop_database(server, name)

    def as_runtime(self, dsn: str) -> str:
        """The same database for the sync."""
        return _as_role(dsn, self.runtime, self.password)

    def as_migrator(self, dsn: str) -> str:
        """The same database for `qcontact-sync migrate`."""
        return _as_role(dsn, self.migrator, self.password)


@contextmanager
def sync_roles(server: str) -> Iterator[SyncRoles]:
    """Roles of the tests' own; the databases in which they have rights must go first."""
    mark = uuid.uuid4().hex[:12]
    roles = SyncRoles(f"migrator_{mark}", f"runtime_{mark}", secrets.token_hex(12))
    names = [sql.Identifier(name) for name in (roles.migrator, roles.runtime)]
    with psycopg.connect(server, autocommit=True) as connection:
        for name in names:
            create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            connection.execute(create.format(name, roles.password))
    yield roles
    with psycopg.connect(server, autocommit=True) as connection:
        for name in names:
            connection.execute(sql.SQL("DROP ROLE {}").format(name))


def _as_role(dsn: str, user: str, password: str) -> str:
    if "://" not in dsn:
        return make_conninfo(dsn, user=user, password=password)
    return str(URL(dsn).with_user(user).with_password(password))
