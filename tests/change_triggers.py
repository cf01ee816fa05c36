"""The triggers of ``change_mark.sql``, as FibreFlow's owner adds and removes them."""

import subprocess
from pathlib import Path

from dev.database.pg_binaries import find_bindir

SCRIPT = Path(__file__).parents[1] / "include" / "sql" / "optional" / "change_mark.sql"


def add_triggers(owner: str, **variables: str) -> None:
    """Run the script in a database, with these variables of psql.

    Args:
        owner: DSN of who may change FibreFlow's tables.

    Raises:
        CalledProcessError: It failed; nothing was changed.
    """
    given = [f"--set={name}={value}" for name, value in variables.items()]
    subprocess.run(
        [find_bindir() / "psql", owner, "-q", "--no-psqlrc", *given, "-f", SCRIPT],
        check=True,
        capture_output=True,
    )


def remove_triggers(owner: str, **variables: str) -> None:
    """The same, the other way."""
    add_triggers(owner, remove="1", **variables)
