"""What proofs and benchmarks write into pages of docs/, each into a place of its own."""

import subprocess
from pathlib import Path

from dev.state import PROJECT

GUARANTEES = PROJECT / "docs" / "guarantees.md"


def written_in(page: Path, place: str) -> str:
    """What stands in a place."""
    return _parts(page, place)[1].strip("\n")


def write_into(page: Path, place: str, text: str) -> None:
    """Replace what stands in a place."""
    before, _, after = _parts(page, place)
    page.write_text(f"{before}\n\n{text}\n\n{after}", encoding="utf-8")


def commit() -> str:
    """The commit that is worked on."""
    return subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT, capture_output=True, text=True,
        check=True,
    ).stdout.strip()  # fmt: skip


def _parts(page: Path, place: str) -> tuple[str, str, str]:
    begin, end = f"<!-- {place}: begin -->", f"<!-- {place}: end -->"
    before, rest = page.read_text(encoding="utf-8").split(begin)
    inside, after = rest.split(end)
    return before + begin, inside, end + after
