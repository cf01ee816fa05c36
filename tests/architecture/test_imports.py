"""Which room may import which."""

import ast
import importlib.util

import pytest
from importlinter.api import read_configuration
from importlinter.cli import lint_imports
from repository import PACKAGE, ROOT, modules, named, parsed

PYPROJECT = str(ROOT / "pyproject.toml")


def test_every_import_contract_is_kept(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    is_kept = lint_imports(PYPROJECT, no_cache=True, no_logo=True) == 0
    assert is_kept, capsys.readouterr().out


def test_every_module_of_the_package_is_in_some_layer():
    """A room that no contract names could import whatever it likes."""
    layers = read_configuration(PYPROJECT)["contracts_options"][0]["layers"]
    known = {name.strip(" ()") for layer in layers for name in layer.replace(":", "|").split("|")}
    rooms = {
        f"qcontact_sync.{path.stem}"
        for path in PACKAGE.iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").is_file()
    }
    # Where time comes from: it imports nothing of the package, and adapters may be handed it.
    assert rooms - known == {"qcontact_sync.clock"}


def _imported(path):
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", modules("plugins"), ids=named)
def test_airflow_is_imported_at_its_own_doors_only(path):
    is_door = "on_airflow" in path.parts or path.parent.name == "plugins"
    roots = {name.partition(".")[0] for name in _imported(path)}
    assert is_door or "airflow" not in roots


def test_the_package_under_test_is_the_one_in_this_tree():
    spec = importlib.util.find_spec("qcontact_sync")
    assert spec.origin == str(PACKAGE / "__init__.py")
