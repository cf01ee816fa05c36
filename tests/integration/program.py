"""The program as a process of its own, to be killed, stopped and asked to end."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.forked_program import ForkedProgram
from tests.integration.sync_world import World

_NOT_INHERITED = ("AIRFLOW", "QCONTACT_", "DATABASE_URL")
PATIENCE_S = 60


class Program(ForkedProgram):
    """``qcontact-sync run --json``, for one world."""

    def __init__(self, world: World, *arguments: str, **settings: object) -> None:
        inherited = {n: v for n, v in os.environ.items() if not n.startswith(_NOT_INHERITED)}
        super().__init__(
            ["run", "--json", *arguments],
            {
                **inherited,
                **_credentials(world),
                "DATABASE_URL": world.database,
                **_schema(world),
                **{f"QCONTACT_SYNC_{name.upper()}": str(value) for name, value in settings.items()},
            },
        )

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Until it holds; an end of the program before that is an error."""
        give_up_at = time.monotonic() + PATIENCE_S
        while not condition():
            if self.poll() is not None or time.monotonic() > give_up_at:
                raise AssertionError(f"it did not come to that: {self.ended()}")
            time.sleep(0.01)

    def ended(self) -> tuple[int, Any, str]:
        """Exit status, the document on stdout (None without one) and stderr."""
        stdout, stderr = self.communicate()
        return self.wait(), json.loads(stdout) if stdout else None, stderr


def _credentials(world: World) -> dict[str, str]:
    sandbox = world.sandbox
    if sandbox.dialect == "tickets":
        return {"QCONTACT_API_URL": sandbox.url, "QCONTACT_API_KEY": sandbox.api_key}
    return {
        "QCONTACT_DIALECT": sandbox.dialect,
        "QCONTACT_API_URL": sandbox.url,
        "QCONTACT_EMAIL": sandbox.email,
        "QCONTACT_PASSWORD": sandbox.password,
    }


def _schema(world: World) -> dict[str, str]:
    """Which lineage of FibreFlow's schema it is, and the mapping file."""
    given = {name: getattr(world.settings, name) for name in ("schema", "mapping_file")}
    return {f"QCONTACT_SYNC_{name.upper()}": value for name, value in given.items() if value}


@contextmanager
def running(world: World, *arguments: str, **settings: object) -> Iterator[Program]:
    """The program, started; whatever is left of it at the end is killed."""
    program = Program(world, *arguments, **settings)
    try:
        yield program
    finally:
        if program.poll() is None:
            program.kill()
        program.communicate()
