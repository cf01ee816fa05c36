"""`make mutants`: break the code in every listed way, and see that the tests notice.

Each defect goes into a copy of the tree and its tests are run there. ARGS="NAME..." picks some.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.mutants.defect_list import ROOT, Defect, listed_defects
from tests.private_postgres import postgres

WORKERS = 2
QUIETLY = ("-q", "-p", "no:cacheprovider")
UNBROKEN = "(no defect)"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one copy.

    Attributes:
        trouble: Why it is not as it should be; empty where it is.
    """

    name: str
    tests: Sequence[str]
    seconds: float
    trouble: str


def copy_tree(to: Path) -> None:
    """Copy what belongs to the repository, as it stands in the working tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)


def run_tests(copy: Path, node_ids: Sequence[str], dsn: str) -> dict[str, object]:
    """Run tests on the copy's code; what `tests.mutants.witness` saw."""
    verdict = copy / "mutants-verdict.json"
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *QUIETLY, "-p", "tests.mutants.witness", *node_ids],
        cwd=copy,
        env={
            **os.environ,
            # Before the editable install, which would bring in the code that is not broken.
            "PYTHONPATH": os.pathsep.join((str(copy / "plugins"), str(copy))),
            "TEST_DATABASE_URL": dsn,
            "MUTANTS_VERDICT": str(verdict),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if not verdict.is_file():
        return {"ended": {}, "not_collected": [(ran.stdout + ran.stderr)[-1000:]]}
    return json.loads(verdict.read_text(encoding="utf-8"))


def _ends_of(node_id: str, ended: dict[str, str]) -> set[str]:
    """How a test ended, in each of its cases."""
    return {end for name, end in ended.items() if name == node_id or name.startswith(f"{node_id}[")}


def trouble_of(node_ids: Sequence[str], seen: dict[str, object], *, is_broken: bool) -> str:
    """Why a run was not what it should be: with a defect each test fails by a check of its own,
    without one each passes.
    """
    if seen["not_collected"]:
        return f"not collected: {seen['not_collected']}"
    for node_id in node_ids:
        ends = _ends_of(node_id, seen["ended"])
        if not ends:
            return f"did not run: {node_id}"
        if not is_broken and ends != {"passed"}:
            return f"failed without a defect: {node_id}"
        if is_broken and ends == {"passed"}:
            return f"SURVIVED {node_id}"
        if is_broken and "assertion" not in ends:
            return f"broke instead of failing ({', '.join(sorted(ends - {'passed'}))}): {node_id}"
    return ""


def try_defect(defect: Defect, dsn: str) -> Verdict:
    """Run the defect's tests against it."""
    return _try(defect.name, defect.tests, defect.node_ids, dsn, defect)


def try_unbroken(node_ids: Sequence[str], dsn: str) -> Verdict:
    """Run tests without a defect: one that always fails catches nothing."""
    return _try(UNBROKEN, [f"{len(node_ids)} tests"], node_ids, dsn, None)


def _try(
    name: str, tests: Sequence[str], node_ids: Sequence[str], dsn: str, defect: Defect | None
) -> Verdict:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="qcontact-sync-mutant-") as folder:
        copy = Path(folder)
        copy_tree(copy)
        if defect is not None:
            broken = copy / defect.file
            text = defect.applied_to(broken.read_text(encoding="utf-8"))
            broken.write_text(text, encoding="utf-8")
        seen = run_tests(copy, node_ids, dsn)
    trouble = trouble_of(node_ids, seen, is_broken=defect is not None)
    return Verdict(name, tests, time.monotonic() - started, trouble)


def picked(names: Sequence[str]) -> list[Defect]:
    """The defects of these names, or all."""
    defects = listed_defects()
    if unknown := set(names) - {d.name for d in defects}:
        sys.exit(f"make mutants: unknown defect {', '.join(sorted(unknown))}")
    return [d for d in defects if not names or d.name in names]


def tried(defects: Sequence[Defect]) -> Iterator[Verdict]:
    """Try them all, and their tests without a defect, a few at a time; as they end."""
    node_ids = sorted({node_id for d in defects for node_id in d.node_ids})
    with postgres() as dsn, ThreadPoolExecutor(WORKERS) as workers:
        tasks = [workers.submit(try_unbroken, node_ids, dsn)]
        tasks += [workers.submit(try_defect, defect, dsn) for defect in defects]
        try:
            for done in as_completed(tasks):
                yield done.result()
        finally:
            workers.shutdown(cancel_futures=True)


def main() -> int:
    """Return 0 where every defect was caught."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    defects = picked(parser.parse_args().names)
    console = Console(width=None if sys.stdout.isatty() else 150)
    table = Table("defect", "caught by", "seconds")
    # As Ctrl-C does: the server and the copies are not to be left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    verdicts = []
    for verdict in tried(defects):
        verdicts.append(verdict)
        console.print(f"{verdict.name}: {verdict.trouble or 'as it should be'}", style="dim")
    for verdict in verdicts:
        caught_by = verdict.trouble or "\n".join(verdict.tests)
        table.add_row(verdict.name, caught_by, f"{verdict.seconds:.1f}")
    console.print(table)
    wrong = [verdict for verdict in verdicts if verdict.trouble]
    console.print(f"{len(defects)} defects, {len(wrong)} not as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
