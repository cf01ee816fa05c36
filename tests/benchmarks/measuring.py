"""One measurement in a process of its own: what it took, as one line of JSON on stdout."""

import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field


@dataclass
class Measurement:
    """What a piece of work took.

    Attributes:
        memory_mb: The process's peak beyond what it held before the work (its imports).
        facts: What the work says of itself (rows written, requests refused).
    """

    wall_s: float = 0.0
    cpu_s: float = 0.0
    memory_mb: float = 0.0
    facts: dict[str, float] = field(default_factory=dict)


@contextmanager
def measured() -> Iterator[Measurement]:
    """Measure the block and print what it took."""
    measurement = Measurement()
    memory, wall, cpu = _peak_mb(), time.perf_counter(), time.process_time()
    yield measurement
    measurement.wall_s = time.perf_counter() - wall
    measurement.cpu_s = time.process_time() - cpu
    measurement.memory_mb = _peak_mb() - memory
    print(json.dumps(asdict(measurement)))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
