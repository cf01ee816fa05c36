import ast
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from sandbox.faults import Action
from sandbox.switches import Switches

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs" / "sandbox.md").read_text()


def _imported_roots(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def test_the_sandbox_shares_no_code_with_the_package():
    sources = list((ROOT / "sandbox").glob("*.py"))
    assert sources
    assert "qcontact_sync" not in set().union(*map(_imported_roots, sources))


def test_the_sandbox_imports_itself_the_standard_library_and_its_server():
    sources = list((ROOT / "sandbox").rglob("*.py"))
    assert {"entities_api.py", "sign_in.py"} <= {path.name for path in sources}
    roots = set().union(*map(_imported_roots, sources)) - sys.stdlib_module_names
    assert roots == {"sandbox", "msgspec", "starlette", "uvicorn"}


def test_the_package_knows_nothing_of_the_sandbox():
    sources = list((ROOT / "plugins").rglob("*.py"))
    assert sources
    assert "sandbox" not in set().union(*map(_imported_roots, sources))


def test_a_running_sandbox_loads_nothing_of_the_package():
    code = "import sys, sandbox.running; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "sandbox.entities_api" in loaded
    assert not [name for name in loaded if name.startswith(("qcontact_sync", "plugins", "airflow"))]


@pytest.mark.parametrize(
    "name", [field.name for field in fields(Switches)] + list(get_args(Action))
)
def test_the_manual_has_a_row_for_every_switch_and_fault(name):
    assert f"\n| `{name}` |" in MANUAL
