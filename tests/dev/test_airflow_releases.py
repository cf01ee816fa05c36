"""The supported releases of Airflow: one list, and all that repeats it."""

import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
import yaml
from qcontact_sync.reporting.airflow_releases import LACKS, NEWEST, OLDEST, named

from dev.airflow import releases
from dev.state import PROJECT

WORKFLOW = PROJECT / ".github" / "workflows" / "airflow.yaml"
PAGE = PROJECT / "docs" / "compatibility.md"
CELLS = {(version, python) for version, pythons in releases.PYTHONS.items() for python in pythons}


def test_the_workflow_runs_every_supported_pair():
    (job,) = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"].values()
    matrix = job["strategy"]["matrix"]
    without = {(pair["airflow"], pair["python"]) for pair in matrix["exclude"]}

    assert set(product(matrix["airflow"], matrix["python"])) - without == CELLS


def test_the_workflow_is_valid_and_may_only_read():
    checked = subprocess.run(
        [
            Path(sys.executable).with_name("check-jsonschema"),
            "--builtin-schema",
            "vendor.github-workflows",
            WORKFLOW,
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout
    assert yaml.safe_load(WORKFLOW.read_text())["permissions"] == {"contents": "read"}


def test_the_page_has_a_cell_for_every_pair():
    rows = re.findall(r"(?m)^\| (\d\.\d\.\d) \|(.*)\|$", PAGE.read_text())
    (header,) = re.findall(r"(?m)^\| Airflow \|( Python.*)\|$", PAGE.read_text())
    pythons = [name.strip().removeprefix("Python ") for name in header.split("|")]
    cells = {
        (version, python)
        for version, cells in rows
        for python, cell in zip(pythons, cells.split("|"), strict=True)
        if not cell.strip().startswith("Airflow does not")
    }

    assert cells == CELLS


@pytest.mark.parametrize("lack", [lack for lacks in LACKS.values() for lack in lacks])
def test_the_page_says_what_doctor_says_of_a_release(lack):
    assert f"*{lack}*" in " ".join(PAGE.read_text().split())


def test_doctor_knows_the_supported_releases():
    assert {named(release) for release in LACKS} == {
        version.rpartition(".")[0] for version in releases.PYTHONS
    }
    assert (min(LACKS), max(LACKS)) == (OLDEST, NEWEST)
    assert LACKS[NEWEST] == ()


def test_the_newest_is_the_pinned_one():
    pins = (PROJECT / "requirements.txt").read_text()

    assert re.findall(r"(?m)^apache-airflow==(\S+)", pins) == [releases.PINNED]
    assert releases.PYTHONS.keys() - {releases.PINNED} == releases.AS_OF.keys()


def test_the_declared_range_begins_with_the_oldest():
    assert f'"apache-airflow>={named(OLDEST)},<4"' in (PROJECT / "pyproject.toml").read_text()


def test_every_chosen_test_is_there():
    assert [path for path in releases.TESTS if not (PROJECT / path).exists()] == []


@pytest.mark.parametrize(
    ("version", "is_strict"), [(releases.PINNED, True), (min(releases.AS_OF), False)]
)
def test_a_deprecation_fails_the_tests_of_the_newest_alone(version, is_strict):
    command = releases.test_command(Path("/env/bin/python"), version, ())

    assert ("default" not in command) is is_strict
    assert command[-len(releases.TESTS) :] == list(releases.TESTS)


def test_a_part_of_the_tests_can_be_named():
    command = releases.test_command(Path("/env/bin/python"), "3.2.2", ["tests/dags", "-k", "x"])

    assert command[-3:] == ["tests/dags", "-k", "x"]
    assert not set(command) & set(releases.TESTS)


def test_ci_runs_the_oldest():
    assert f"VERSION={min(releases.AS_OF)}" in (PROJECT / ".ci" / "run").read_text()
