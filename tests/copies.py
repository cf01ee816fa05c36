"""Copies of databases, for tests that change them."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dev.database.postgres import (
    clone_database,
    copy_statement,
    database_dsn,
    drop_database,
    drop_statement,
)
from tests.database import OpenLine


@contextmanager
def changed_template(server: str, template: str, change: Callable[[str], None]) -> Iterator[str]:
    """Name of a template like this one, in which something was changed by its owner's DSN."""
    name = f"template_{uuid.uuid4().hex}"
    change(clone_database(server, template, name))
    yield name
    drop_database(server, name)


class Copies:
    """Makes and drops copies over one connection: to connect takes a third of a copy's time."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._line = OpenLine(server)
        self._left: list[str] = []

    @contextmanager
    def copy(self, template: str) -> Iterator[str]:
        """DSN of a copy of a database that nobody is connected to, for who may do all there."""
        name = self.make(template)
        yield database_dsn(self._server, name)
        self.leave(name)

    def make(self, template: str) -> str:
        """Name of a copy; who asks for it leaves it at the end."""
        name = f"test_{uuid.uuid4().hex}"
        self._line.rows(copy_statement(template, name, self._line.server_version))
        return name

    def leave(self, name: str) -> None:
        """Let a copy be dropped when the next one is left.

        PostgreSQL waits a tenth of a second for a connection that is just being closed.
        """
        self.drop()
        self._left.append(name)

    def drop(self) -> None:
        """Drop the copies that are no longer used."""
        while self._left:
            self._line.rows(drop_statement(self._left.pop()))
