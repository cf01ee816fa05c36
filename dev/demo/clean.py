"""`make clean`: end the processes of a killed run, and delete its state."""

import shutil
import sys

from dev.database.pg_binaries import forget_copies
from dev.database.postgres import remove
from dev.errors import CannotRun
from dev.processes.services import end_leftovers
from dev.state import RunDirectory


def clean(run: RunDirectory) -> None:
    """Raises: CannotRun: The state is in use."""
    if not run.root.exists():
        return
    with run.claimed():
        end_leftovers(run.processes)
        remove(run.postgres)
        forget_copies()
        shutil.rmtree(run.root)


if __name__ == "__main__":
    try:
        clean(RunDirectory())
    except CannotRun as problem:
        sys.exit(f"clean: {problem}")
