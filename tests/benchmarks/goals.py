"""The goals: what is measured, against which floor, and how large the ratio may be."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median

from tests.benchmarks.measuring import Measurement


@dataclass(frozen=True, slots=True)
class Series:
    """One piece of work, measured once per round."""

    name: str
    rounds: tuple[Measurement, ...]

    @property
    def wall_s(self) -> float:
        """The median."""
        return median(m.wall_s for m in self.rounds)

    @property
    def cpu_s(self) -> float:
        """The median."""
        return median(m.cpu_s for m in self.rounds)

    @property
    def memory_mb(self) -> float:
        """The median."""
        return median(m.memory_mb for m in self.rounds)

    @property
    def spread_s(self) -> tuple[float, float]:
        """The fastest and the slowest round."""
        return min(m.wall_s for m in self.rounds), max(m.wall_s for m in self.rounds)

    def fact(self, name: str) -> float:
        """The median of what the work said of itself."""
        return median(m.facts[name] for m in self.rounds)


@dataclass(frozen=True, slots=True)
class Figure:
    """A goal's outcome.

    Attributes:
        value: In ``unit``: "x" is a ratio of two medians of one interleaved run.
        is_at_most: Whether ``limit`` is the most it may be, or the least.
        series: What it was reckoned from.
        day: When it was measured, in UTC.
    """

    goal: int
    what: str
    value: float
    limit: float
    unit: str = "x"
    is_at_most: bool = True
    series: Sequence[Series] = field(default_factory=tuple)
    day: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%d}")

    @property
    def is_met(self) -> bool:
        """Whether the goal is reached."""
        return self.value <= self.limit if self.is_at_most else self.value >= self.limit


Work = Callable[[], Measurement]


def interleaved(rounds: int, works: Mapping[str, Work]) -> dict[str, Series]:
    """Do each piece of work once a round, in turn: whatever the machine is busy with meets all."""
    done: dict[str, list[Measurement]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            done[name].append(work())
    return {name: Series(name, tuple(found)) for name, found in done.items()}


Benchmark = Callable[["Scale"], Iterator[Figure]]


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything: the whole, or a quick look.

    Attributes:
        sizes: Tickets of the first imports.
        latencies_ms: Of QContact's answers.
        large: Tickets of what is to stay flat at any size.
    """

    rounds: int
    sizes: tuple[int, ...]
    latencies_ms: tuple[int, ...]
    large: int
    is_quick: bool = False


WHOLE = Scale(5, (10_000, 50_000, 100_000), (0, 20, 100), 1_000_000)
QUICK = Scale(3, (2_000,), (0, 20), 20_000, is_quick=True)
