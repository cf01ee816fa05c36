"""Fewer passes of Python's garbage collector while many tickets are in memory."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

NEW_OBJECTS = 250_000
"""A pass starts when this many more objects were made than freed (Python: below a thousand)."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Collect garbage less often while the block runs.

    A batch makes thousands of objects and frees them all together, without cycles: passes in
    between find nothing, and look at all modules again and again.
    """
    before = gc.get_threshold()
    gc.set_threshold(max(NEW_OBJECTS, before[0]), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
