"""What was measured, for people (Markdown, a plot) and for programs (JSON)."""

import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from math import ceil

import msgspec
from rich.table import Table
from rich.text import Text

from dev.state import PROJECT
from tests.benchmarks.goals import Figure, Series
from tests.written_pages import write_into

PAGE = PROJECT / "docs" / "benchmarks.md"
DATA = PROJECT / "docs" / "benchmarks.json"
GROWTH = 5
"""The goal whose series are drawn."""
_PACKAGES = ("aiohttp", "msgspec", "psycopg", "apache-airflow-core")


def table(figures: Sequence[Figure]) -> Table:
    """Figures as a table for a terminal."""
    drawn = Table(title="Goals", title_justify="left")
    for heading in ("goal", "what", "figure", "limit", ""):
        drawn.add_column(heading, justify="right" if heading in ("figure", "limit") else "left")
    for figure in figures:
        verdict = Text("met", "green") if figure.is_met else Text("missed", "red")
        drawn.add_row(str(figure.goal), figure.what, _value(figure), _limit(figure), verdict)
    return drawn


def write(figures: Sequence[Figure], postgres: str) -> None:
    """Put the figures on the page and beside it; other goals keep what was measured before."""
    measured = {figure.goal for figure in figures}
    kept = [figure for figure in _recorded() if figure.goal not in measured]
    every = sorted([*kept, *figures], key=lambda figure: figure.goal)
    machine = _machine(postgres)
    plain = {"machine": machine, "figures": [asdict(f) | {"is_met": f.is_met} for f in every]}
    DATA.write_text(json.dumps(plain, indent=1) + "\n")
    write_into(PAGE, "measured", _markdown(every, machine).rstrip("\n"))


def _recorded() -> list[Figure]:
    return msgspec.convert(json.loads(DATA.read_bytes())["figures"], list[Figure])


def _markdown(figures: Sequence[Figure], machine: dict[str, str]) -> str:
    lines = [
        ", ".join(machine.values()) + ".",
        "",
        "| goal | what | figure | limit | | measured on |",
        "| --- | --- | ---: | ---: | --- | --- |",
        *(
            f"| {f.goal} | {f.what} | {_value(f)} | {_limit(f)} | {_verdict(f)} | {f.day} |"
            for f in figures
        ),
        "",
        "| goal | work | median | fastest to slowest | CPU | memory over imports |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
        *(
            f"| {f.goal} | {f.what}: {s.name} | {s.wall_s:.3f} s "
            f"| {s.spread_s[0]:.3f} to {s.spread_s[1]:.3f} s "
            f"| {s.cpu_s:.2f} s | {s.memory_mb:.0f} MB |"
            for f in figures
            for s in f.series
        ),
        "",
        *(_growth(f.series) for f in figures if f.goal == GROWTH and f.series),
    ]
    return "\n".join(lines)


def _growth(grown: Sequence[Series]) -> str:
    """How the first import grows, drawn beside a straight line through its last point."""
    sizes = [int(s.name.split()[0].replace(",", "")) for s in grown]
    last = grown[-1].wall_s
    straight = [last * size / sizes[-1] for size in sizes]
    return f"""\
First imports of ever more tickets at 0 ms, one each, in seconds, beside a straight line from
nothing to the last of them (the first bar is that of {sizes[0]:,} tickets):

```mermaid
xychart-beta
    x-axis "tickets" [{", ".join(f'"{size:,}"' for size in sizes)}]
    y-axis "seconds" 0 --> {ceil(last)}
    bar [{", ".join(f"{s.wall_s:.1f}" for s in grown)}]
    line [{", ".join(f"{seconds:.1f}" for seconds in straight)}]
```

| tickets | seconds | of a straight line | microseconds a ticket | memory over imports |
| ---: | ---: | ---: | ---: | ---: |
""" + "\n".join(
        f"| {size:,} | {s.wall_s:.1f} | {s.wall_s / line:.2f} | {s.wall_s / size * 1e6:.0f} "
        f"| {s.memory_mb:.0f} MB |"
        for size, s, line in zip(sizes, grown, straight, strict=True)
    )


def _verdict(figure: Figure) -> str:
    return "met" if figure.is_met else "**missed**"


def _value(figure: Figure) -> str:
    digits = 0 if figure.unit in ("rows", "MB", "ms", "") else 2
    return f"{figure.value:.{digits}f} {figure.unit}".strip()


def _limit(figure: Figure) -> str:
    return (
        f"{'at most' if figure.is_at_most else 'at least'} {figure.limit:g} {figure.unit}".strip()
    )


def _machine(postgres: str) -> dict[str, str]:
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return {
        "machine": f"{platform.machine()} with {os.cpu_count()} cores",
        "python": f"Python {sys.version.split()[0]}",
        "postgres": postgres,
        "packages": packages,
    }
