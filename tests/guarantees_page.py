"""What the deep proofs write into docs/guarantees.md, each into a place of its own."""

import subprocess

from dev.state import PROJECT

PAGE = PROJECT / "docs" / "guarantees.md"


def written_in(place: str) -> str:
    """What stands in a place."""
    return _parts(place)[1].strip("\n")


def write_into(place: str, text: str) -> None:
    """Replace what stands in a place."""
    before, _, after = _parts(place)
    PAGE.write_text(f"{before}\n\n{text}\n\n{after}", encoding="utf-8")


def commit() -> str:
    """The commit that is worked on."""
    return subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT, capture_output=True, text=True,
        check=True,
    ).stdout.strip()  # fmt: skip


def _parts(place: str) -> tuple[str, str, str]:
    begin, end = f"<!-- {place}: begin -->", f"<!-- {place}: end -->"
    before, rest = PAGE.read_text(encoding="utf-8").split(begin)
    inside, after = rest.split(end)
    return before + begin, inside, end + after
