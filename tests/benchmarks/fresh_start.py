"""Goal 12: from a bare clone to the first synced ticket, and the second start."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from dev.state import PROJECT
from tests.benchmarks.goals import Figure, Scale

FIRST_TICKET = "Run 1"


def fresh_start(scale: Scale) -> Iterator[Figure]:
    """`make run` twice in a clone of what is committed; the registry's speed is part of it."""
    if scale.is_quick:
        return
    with TemporaryDirectory(prefix="qcontact-sync-bench-clone-") as parent:
        Path(parent).chmod(0o755)
        clone = Path(parent) / "clone"
        subprocess.run(["git", "clone", "-q", str(PROJECT), str(clone)], check=True)
        first, second = _seconds_to_first_ticket(clone), _seconds_to_first_ticket(clone)
        subprocess.run(["make", "-s", "clean"], cwd=clone, capture_output=True, check=False)
    yield Figure(12, "bare clone to the first synced ticket", first, 100, unit="s")
    yield Figure(12, "second start to the first synced ticket", second, 20, unit="s")


def _seconds_to_first_ticket(clone: Path) -> float:
    began, seconds = time.perf_counter(), 0.0
    command = ["make", "run", "ONCE=1"]
    with subprocess.Popen(
        command, cwd=clone, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(FIRST_TICKET) and not seconds:
                seconds = time.perf_counter() - began
    if process.returncode or not seconds:
        raise RuntimeError("make run failed in a bare clone")
    return seconds
