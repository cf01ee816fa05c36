"""What is shown while something is under way."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None] | None]:
    """A callback that updates one bar per name on stderr; None if stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from qcontact_sync.cli.bars import bars

    with bars() as move:
        yield move
