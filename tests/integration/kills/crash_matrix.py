"""The crash matrices of docs/guarantees.md: what the next run did after each crash."""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence

from sandbox.switches import DialectName
from tests.depth import IS_DEEP
from tests.written_pages import GUARANTEES, commit, write_into, written_in

HEAD = """\
| step | killed at | the next run, killed before it | the next run, killed after it |
| ---: | --- | --- | --- |"""

Crashes = Mapping[tuple[int, bool], str]
"""By step and whether its effect had come about: what the next run did."""
Point = tuple[int, bool]
"""The number of a step, and whether its effect comes about before the crash."""


def every_point(steps: Sequence[str]) -> list[Point]:
    """Before and after each step."""
    return [(at, is_after) for at in range(len(steps)) for is_after in (False, True)]


def points(
    steps: Sequence[str], dialect: DialectName, kind: Callable[[str], str | None]
) -> list[Point]:
    """Where to crash: everywhere, or in the short form after each kind of step, in one dialect.

    A crash before a step leaves what a crash after the previous one leaves.

    Args:
        kind: Of a step by its name, None where the short form omits the step.
    """
    if IS_DEEP:
        return every_point(steps)
    kinds = list(map(kind, steps))
    # By name: the dialects take them in different orders.
    mine = sorted({one for one in kinds if one is not None})[dialect == "entities" :: 2]
    return [(kinds.index(one), True) for one in mine]


def kind_of_effect(step: str) -> str:
    """Reads and writes of QContact by what they are about; commits are one kind, but for the one
    that writes tickets.
    """
    if not step.startswith("commit"):
        return step
    return "commit of tickets" if "write_tickets" in step else "commit"


def require(place: str, steps: Sequence[str], crashes: Crashes) -> None:
    """A matrix of the page says this; `make prove` writes it anew first."""
    if IS_DEEP:
        write(place, steps, crashes)
    written, listed = read(place)
    differences = "\n".join(difflib.unified_diff(written, steps, "page", "run", lineterm=""))
    assert not differences, f"make prove writes the page anew:\n{differences}"
    assert {key: listed[key] for key in crashes} == crashes


def write(place: str, steps: Sequence[str], crashes: Crashes) -> None:
    """Write a matrix of the page anew."""
    summary = f"Made at commit {commit()}: {len(crashes)} crashes, all with the same end."
    rows = [
        f"| {at} | {step} | {crashes[at, False]} | {crashes[at, True]} |"
        for at, step in enumerate(steps)
    ]
    write_into(GUARANTEES, place, "\n".join([summary, "", HEAD, *rows]))


def read(place: str) -> tuple[list[str], Crashes]:
    """The steps of a matrix of the page, and what it says of each crash."""
    rows = re.findall(
        r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$", written_in(GUARANTEES, place), re.M
    )
    crashes = {}
    for at, _, before, after in rows:
        crashes[int(at), False], crashes[int(at), True] = before, after
    return [step for _, step, _, _ in rows], crashes
