"""What runs on GitHub is what runs here, and may do nothing there but read."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[2]
FILE = PROJECT / ".github" / "workflows" / "ci.yaml"


@pytest.fixture(scope="module")
def workflow():
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def test_it_is_valid():
    checked = subprocess.run(
        [
            Path(sys.executable).with_name("check-jsonschema"),
            "--builtin-schema",
            "vendor.github-workflows",
            FILE,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_it_runs_what_continuous_integration_runs_everywhere(workflow):
    (job,) = workflow["jobs"].values()
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands == [".ci/run"]
    assert (PROJECT / ".ci" / "run").stat().st_mode & 0o111


def test_it_may_only_read(workflow):
    assert workflow["permissions"] == {"contents": "read"}
    (job,) = workflow["jobs"].values()
    assert "permissions" not in job
    (checkout,) = [step for step in job["steps"] if "checkout" in step.get("uses", "")]
    assert checkout["with"] == {"persist-credentials": False}
