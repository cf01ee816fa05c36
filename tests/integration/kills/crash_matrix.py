"""The crash matrices of docs/guarantees.md: what the next run did after each crash."""

import re
from collections.abc import Mapping, Sequence

from tests.depth import IS_DEEP
from tests.written_pages import GUARANTEES, commit, write_into, written_in

HEAD = """\
| step | killed at | the next run, killed before it | the next run, killed after it |
| ---: | --- | --- | --- |"""

Crashes = Mapping[tuple[int, bool], str]
"""By step and whether its effect had come about: what the next run did."""


def require(place: str, steps: Sequence[str], crashes: Crashes) -> None:
    """A matrix of the page says this; `make prove` writes it anew first."""
    if IS_DEEP:
        write(place, steps, crashes)
    written, listed = read(place)
    assert written == list(steps), "make prove writes the page anew"
    assert {key: listed[key] for key in crashes} == crashes


def write(place: str, steps: Sequence[str], crashes: Crashes) -> None:
    """Write a matrix of the page anew."""
    told = f"Made at commit {commit()}: {len(crashes)} crashes, all with the same end."
    rows = [
        f"| {at} | {step} | {crashes[at, False]} | {crashes[at, True]} |"
        for at, step in enumerate(steps)
    ]
    write_into(GUARANTEES, place, "\n".join([told, "", HEAD, *rows]))


def read(place: str) -> tuple[list[str], Crashes]:
    """The steps of a matrix of the page, and what it says of each crash."""
    rows = re.findall(
        r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$", written_in(GUARANTEES, place), re.M
    )
    crashes = {}
    for at, _, before, after in rows:
        crashes[int(at), False], crashes[int(at), True] = before, after
    return [step for _, step, _, _ in rows], crashes
