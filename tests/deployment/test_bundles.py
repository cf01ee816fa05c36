"""The DAGs from a git repository, and the folders as Astro lays them out."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

from dev.state import PROJECT
from tests.pristine_airflow import metadata_file

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

BUNDLE = "qcontact-sync"
FOLDERS = ("dags", "include", "plugins")
# What Airflow has found, where the package and its SQL came from.
LOOK = """
import json
from airflow.dag_processing.dagbag import DagBag
from airflow.plugins_manager import _get_plugins
bag = DagBag(dag_folder=None)
import qcontact_sync
from qcontact_sync.fibreflow.statements import sql_folder
found = {"dags": sorted(bag.dags), "errors": bag.import_errors, "package": qcontact_sync.__file__,
         "sql": str(sql_folder()), "plugins": [p.name for p in _get_plugins()[0]]}
print("\\n" + json.dumps(found))
"""


@dataclass(frozen=True, slots=True)
class Installation:
    """An Airflow that knows nothing of this project but by ``settings``."""

    home: Path
    settings: dict[str, str]

    def run(self, *arguments: str) -> str:
        """Run a program to its good end; return what it printed."""
        environment = self._environment()
        program = shutil.which(arguments[0], path=environment["PATH"])
        done = subprocess.run(
            [program or arguments[0], *arguments[1:]],
            env=environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """Rows of Airflow's own database."""
        with sqlite3.connect(self.home / "airflow.db") as connection:
            found = connection.execute(statement).fetchall()
        connection.close()
        return found

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "HOME": str(self.home),
            "AIRFLOW_HOME": str(self.home),
            # By default one place for all Airflows of a machine.
            "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(self.home / "bundles"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            **self.settings,
        }


@dataclass(frozen=True, slots=True)
class Repository:
    """A bare repository, and a working copy of a person who commits to it."""

    copy: Path
    bare: Path

    def git(self, *arguments: str) -> str:
        author = ("-c", "user.name=Ann", "-c", "user.email=ann@example.test")
        command = ["git", *author, *arguments]
        done = subprocess.run(command, cwd=self.copy, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, message: str) -> str:
        """Commit and push everything; return the commit."""
        self.git("add", "--all")
        self.git("commit", "--message", message)
        self.git("push", str(self.bare), "HEAD:main")
        return self.git("rev-parse", "HEAD")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    root = tmp_path_factory.mktemp("repository")
    found = Repository(root / "copy", root / "bare.git")
    found.copy.mkdir()
    subprocess.run(["git", "init", "--quiet", "--bare", found.bare], check=True)
    found.git("init", "--quiet")
    return found


@pytest.fixture(scope="module")
def from_git(tmp_path_factory: pytest.TempPathFactory, repository: Repository) -> Installation:
    bundle = {
        "name": BUNDLE,
        "classpath": "airflow.providers.git.bundles.git.GitDagBundle",
        "kwargs": {
            "repo_url": repository.bare.as_uri(),
            "tracking_ref": "main",
            "subdir": "dags",
        },
    }
    settings = {
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([bundle]),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
    }
    installation = Installation(tmp_path_factory.mktemp("from_git"), settings)
    metadata_file(installation.home / "airflow.db")
    return installation


def copy_of(folders: tuple[str, ...], to: Path) -> None:
    for folder in folders:
        shutil.copytree(
            PROJECT / folder, to / folder, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
        )


def without_this_project(to: Path) -> Path:
    """All installed packages but this project, as Astro has them from requirements.txt."""
    to.mkdir()
    for package in Path(sysconfig.get_path("purelib")).iterdir():
        if "qcontact_sync" not in package.name:
            (to / package.name).symlink_to(package)
    return to


def test_a_run_keeps_the_commit_that_it_was_made_from(from_git, repository):
    copy_of(("dags",), repository.copy)
    first = repository.commit("The DAGs")
    from_git.run("airflow", "dags", "reserialize")
    from_git.run("airflow", "dags", "trigger", "qcontact_sync")
    dag = repository.copy / "dags" / "qcontact_sync_dag.py"
    dag.write_text(dag.read_text().replace('"tickets"]', '"tickets", "second"]'))
    second = repository.commit("One tag more")
    from_git.run("airflow", "dags", "reserialize")

    versions = (
        "SELECT bundle_name, bundle_version FROM dag_version WHERE dag_id = 'qcontact_sync' "
        "ORDER BY version_number"
    )
    assert from_git.rows(versions)[0] == (BUNDLE, first)
    assert from_git.rows("SELECT bundle_version FROM dag_run") == [(first,)]
    current = "SELECT bundle_version FROM dag WHERE dag_id = 'qcontact_sync'"
    assert from_git.rows(current) == [(second,)]


def test_astros_folders_alone_are_enough(tmp_path):
    copy_of(FOLDERS, tmp_path)
    packages = without_this_project(tmp_path / "packages")
    installation = Installation(tmp_path, {"PYTHONPATH": str(packages)})

    # -S: only what is in `packages`.
    output = installation.run(vars(sys)["_base_executable"], "-S", "-c", LOOK)
    found = json.loads(output.splitlines()[-1])

    assert (found["dags"], found["errors"]) == (["qcontact_sync", "qcontact_sync_monitor"], {})
    assert found["package"] == str(tmp_path / "plugins/qcontact_sync/__init__.py")
    assert found["sql"] == str(tmp_path / "include/sql")
    assert "qcontact" in found["plugins"]
