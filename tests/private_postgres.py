"""The PostgreSQL that tests run on: a private one, unless one is given."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.postgres import server


@contextmanager
def postgres() -> Iterator[str]:
    """DSN of a server where databases may be created: TEST_DATABASE_URL, or a throwaway one."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="qcontact-sync-test-") as parent:
        # For root the server runs as another account, which has to get at its data.
        Path(parent).chmod(0o755)
        with server(Path(parent) / "data", durable=False) as dsn:
            yield dsn
