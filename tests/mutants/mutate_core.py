"""`make mutate-core`: every small change that mutmut can make to core/ and reporting/, against the
unit tests of the two.

mutmut takes a module's name from its path, so it works on a folder in which the package stands at
the top. The folder (build/mutation) stays until the next run: `mutmut browse` in it shows the
survivors one by one. ARGS="qcontact_sync.core.merge*" picks some.
"""

import json
import shutil
import subprocess
import sys
from collections import Counter

from rich.console import Console
from rich.table import Table

from tests.mutants.defect_list import ROOT

FOLDER = ROOT / "build" / "mutation"
ROOMS = ("core", "reporting")
WORKERS = 2
SETTINGS = """\
[tool.pytest.ini_options]
# The same examples each time: a mutant that lives does not live by luck.
addopts = "--import-mode=importlib --hypothesis-seed=0 -p no:cacheprovider {unloaded}"
asyncio_mode = "auto"
pythonpath = ["."]
consider_namespace_packages = true

[tool.mutmut]
source_paths = ["qcontact_sync"]
only_mutate = ["qcontact_sync/core/*", "qcontact_sync/reporting/*"]
pytest_add_cli_args_test_selection = ["tests/unit/core", "tests/unit/reporting"]
"""
UNLOADED = "-p no:looptime_plugin -p no:looptime_chronometers -p no:looptime_timeproxies"
SURVIVED, UNTESTED = 0, 33
"""What mutmut puts on record for a mutant; any other end (a timeout, a crash) is a kill."""


def prepare() -> None:
    """Lay out the folder anew: a run that was cut off leaves half-written modules in it."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    for part, source in (
        ("qcontact_sync", ROOT / "plugins" / "qcontact_sync"),
        *((f"tests/unit/{room}", ROOT / "tests" / "unit" / room) for room in ROOMS),
    ):
        shutil.copytree(source, FOLDER / part, ignore=shutil.ignore_patterns("__pycache__"))
    settings = SETTINGS.format(unloaded=UNLOADED)
    (FOLDER / "pyproject.toml").write_text(settings, encoding="utf-8")


def unfindable() -> list[str]:
    """Tests that pytest does not find again by their id, which has an escaped backslash in it:
    mutmut would take that for their failing, and every mutant that they see for killed.
    """
    path = FOLDER / "mutants" / "mutmut-stats.json"
    stats = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return [node_id for node_id in stats.get("duration_by_test", ()) if r"\\" in node_id]


def ends() -> dict[str, dict[str, int | None]]:
    """How each mutant ended, by module; None where it was not tried."""
    return {
        path.name.removesuffix(".py.meta"): json.loads(path.read_text())["exit_code_by_key"]
        for room in ROOMS
        for path in sorted((FOLDER / "mutants" / "qcontact_sync" / room).glob("*.meta"))
    }


def report(console: Console) -> None:
    """Print the counts by module, then the survivors' names."""
    table = Table("module", "mutants", "killed", "survived", "without a test", "not tried")
    survivors = []
    for module, found in ends().items():
        count = Counter(found.values())
        left = (count[SURVIVED], count[UNTESTED], count[None])
        shown = (len(found), len(found) - sum(left), *left)
        table.add_row(module, *map(str, shown))
        survivors += [name for name, end in found.items() if end == SURVIVED]
    for name in survivors:
        console.print(name, highlight=False)
    console.print(table)
    console.print(f"in {FOLDER.relative_to(ROOT)}: mutmut show NAME, or mutmut browse")


def main() -> int:
    """Return mutmut's own code: survivors are for people to judge (docs/mutation.md)."""
    prepare()
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(WORKERS)]
    code = subprocess.run([*command, *sys.argv[1:]], cwd=FOLDER, check=False).returncode
    report(Console(width=None if sys.stdout.isatty() else 120))
    if bad := unfindable():
        sys.exit(f"make mutate-core: nothing of this counts, rename the ids of {bad}")
    return code


if __name__ == "__main__":
    sys.exit(main())
