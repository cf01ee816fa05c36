"""A world that is made once; each play begins with a copy of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg.conninfo import conninfo_to_dict
from qcontact_sync.config.settings import Settings

from sandbox.running import run_sandbox
from sandbox.switches import DialectName
from sandbox.world import World as QContact
from tests.copies import Copies
from tests.integration.sync_world import CLOCK_OFFSET_S, World
from tests.sync_roles import SyncRoles


@dataclass(frozen=True)
class Stages:
    """Makes worlds.

    Attributes:
        as_seen: The DSN through which tests look at a database, by its owner's.
        settings: Of every world.
    """

    copies: Copies
    roles: SyncRoles
    as_seen: Callable[[str], str]
    settings: Settings

    @contextmanager
    def prepared(
        self, template: str, dialect: DialectName, prepare: Callable[[World], None]
    ) -> Iterator["Prepared"]:
        """A world on a copy of this database, prepared by what happens in it."""
        with (
            self.copies.copy(template) as owner,
            run_sandbox(tickets=0, clock_offset_s=CLOCK_OFFSET_S, dialect=dialect) as sandbox,
        ):
            world = World(sandbox, self.roles.as_runtime(owner), self.as_seen(owner), self.settings)
            prepare(world)
            world.line.hang_up()
            yield Prepared(self, str(conninfo_to_dict(owner)["dbname"]), sandbox.world.copy())


@dataclass(frozen=True)
class Prepared:
    """Attributes:
    database: Its name; nobody is connected to it.
    """

    stages: Stages
    database: str
    qcontact: QContact

    @contextmanager
    def copy(self) -> Iterator[World]:
        """A world of its own that stands where this one does."""
        stages = self.stages
        with (
            stages.copies.copy(self.database) as owner,
            run_sandbox(world=self.qcontact.copy()) as sandbox,
        ):
            database = stages.roles.as_runtime(owner)
            yield World(sandbox, database, stages.as_seen(owner), stages.settings)
