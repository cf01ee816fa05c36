"""Tests with one of the supported releases of Airflow, in an environment of its own.

The newest release gets the pins. An older one gets what the package index had when that release
was the newest, as Airflow's own constraints of that time: this needs nothing but the index.
"""

import argparse
import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from dev.state import PROJECT

ENVIRONMENTS = PROJECT / ".venvs"
PINNED = "3.3.2"
AS_OF = {"3.1.8": "2026-03-19", "3.2.2": "2026-06-12"}
"""The older releases, each with a day a week after it appeared."""
PYTHONS = {
    "3.1.8": ("3.11", "3.12", "3.13"),
    "3.2.2": ("3.11", "3.12", "3.13", "3.14"),
    PINNED: ("3.11", "3.12", "3.13", "3.14"),
}
"""By supported release, what .github/workflows/airflow.yaml runs."""
TESTS = (
    "tests/dags/test_qcontact_sync_structure.py",
    "tests/dags/test_account_dags.py",
    "tests/dags/test_promised_to_bundles.py",
    "tests/unit/on_airflow",
    "tests/integration/on_airflow",
    "tests/integration/alerts/test_late_runs.py",
    "tests/integration/alerts/test_notifications.py",
    "tests/integration/metrics",
    "tests/integration/endpoint/test_endpoint_trigger.py",
    "tests/integration/dashboard/test_dashboard_pages.py",
    "tests/integration/dashboard/test_dashboard_compare.py",
    "tests/e2e/test_through_the_scheduler.py",
    "tests/e2e/test_alert_mails.py",
)
"""DAG files, hook and form, alerts, metrics, endpoint, dashboard, and a scheduler's runs."""
_INPUTS = ("pyproject.toml", "requirements-test.in", "requirements-dev.txt")


def environment(version: str, python: str) -> Path:
    """The interpreter of an environment with this Airflow; created where it is missing or old.

    Args:
        python: An interpreter of this machine, by path or by what uv finds, such as 3.12.

    Raises:
        CalledProcessError: There is no such interpreter, or the packages cannot be installed.
    """
    wanted = _digest(version, python)
    folder = ENVIRONMENTS / f"airflow-{version}-{wanted[:8]}"
    if not (folder / "complete").exists():
        _uv("venv", "--quiet", "--clear", "--no-python-downloads", "--python", python, str(folder))
        for arguments in _installs(version):
            _uv("pip", "install", "--compile-bytecode", *arguments, VIRTUAL_ENV=str(folder))
        (folder / "complete").touch()
    return folder / "bin" / "python"


def _digest(version: str, python: str) -> str:
    inputs = [(PROJECT / name).read_bytes() for name in _INPUTS]
    installed = repr((version, python, _installs(version))).encode()
    return hashlib.sha256(b"\0".join([installed, *inputs])).hexdigest()


def _installs(version: str) -> list[list[str]]:
    if version == PINNED:
        pins = ["--no-deps", "--require-hashes", "-r", "requirements-dev.txt"]
        return [pins, ["--no-deps", "--no-build-isolation", "-e", "."]]
    # Of a release that is not listed, with what is newest today.
    until = ["--exclude-newer", AS_OF[version]] if version in AS_OF else []
    tools = ["-r", "requirements-test.in"]
    return [[*until, f"apache-airflow[statsd]=={version}", *tools, "-e", ".[airflow,apprise]"]]


def _uv(*arguments: str, **variables: str) -> None:
    program = Path(sys.executable).with_name("uv")
    subprocess.run([program, *arguments], cwd=PROJECT, env={**os.environ, **variables}, check=True)


def test_command(python: Path, version: str, arguments: Sequence[str]) -> list[str]:
    """Run pytest; a deprecation fails the tests of the newest release alone."""
    warnings = [] if version == PINNED else ["-W", "default", "--disable-warnings"]
    chosen = arguments if any(a.startswith("tests/") for a in arguments) else [*TESTS, *arguments]
    return [str(python), "-m", "pytest", "-p", "no:cacheprovider", *warnings, *chosen]


def test_variables(python: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment's programs come first on the path, such as `airflow`."""
    return {**inherited, "PATH": os.pathsep.join([str(python.parent), inherited["PATH"]])}


def main() -> int:
    """Install what is missing, then run the tests; the exit status is theirs."""
    parser = argparse.ArgumentParser(prog="make test-airflow")
    parser.add_argument("version", help=f"such as {', '.join(PYTHONS)}")
    parser.add_argument("python")
    asked, arguments = parser.parse_known_args()
    try:
        python = environment(asked.version, asked.python)
    except subprocess.CalledProcessError as error:
        return error.returncode
    command = test_command(python, asked.version, arguments)
    variables = test_variables(python, os.environ)
    return subprocess.run(command, cwd=PROJECT, env=variables, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
