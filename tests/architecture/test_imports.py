"""Which room may import which."""

import importlib
import importlib.util
import sys

import pytest
from importlinter.cli import lint_imports

from tests.architecture.repository import PACKAGE, ROOT, imported, modules, require

PYPROJECT = str(ROOT / "pyproject.toml")
_DOCUMENTED = {
    "accounts": ["configured_accounts", "find_account"],
    "review": ["explain_ticket", "list_failures", "resolve_conflict"],
    "settings": ["Settings", "load_settings", "Endpoints", "endpoints_from_env"],
}


def test_every_import_contract_is_kept(monkeypatch, capsys):
    """They are exhaustive: a new room must be given its layer."""
    monkeypatch.chdir(ROOT)
    is_kept = lint_imports(PYPROJECT, no_cache=True, no_logo=True) == 0
    assert is_kept, capsys.readouterr().out


def test_airflow_is_imported_at_its_own_doors_only():
    def breaches(path):
        if "on_airflow" not in path.parts and path.parent.name != "plugins":
            for line, name in imported(path):
                if name.partition(".")[0] == "airflow":
                    yield f":{line} imports {name}"

    require(modules("plugins"), breaches)


def test_the_package_under_test_is_the_one_in_this_tree():
    spec = importlib.util.find_spec("qcontact_sync")
    assert spec.origin == str(PACKAGE / "__init__.py")


@pytest.mark.parametrize("name", ["accounts", "review", "settings"])
def test_imports_documented_in_the_release_before_still_work_with_a_warning(name):
    sys.modules.pop(f"qcontact_sync.{name}", None)
    with pytest.warns(DeprecationWarning, match=rf"qcontact_sync\.{name} is now"):
        module = importlib.import_module(f"qcontact_sync.{name}")
    for documented in _DOCUMENTED[name]:
        assert hasattr(module, documented)
