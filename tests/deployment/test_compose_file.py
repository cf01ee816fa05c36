"""docker-compose.yaml is valid, starts what exists, and takes every secret from a file."""

import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from dev.compose.secret_files import SecretFiles
from dev.state import PROJECT
from tests.deployment.compose_file import COMPOSE, EXAMPLE, explained, image_of, project
from tests.deployment.loopback import demo_variables


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = project(demo_variables())["services"]
    return found


def references() -> list[tuple[str, str]]:
    """Each `${NAME...}` in the file, with what follows the name."""
    text = re.sub(r"(?m)^\s*#.*$", "", COMPOSE.read_text()).replace("$$", "")
    return re.findall(r"\$\{(\w+)([^}]*)\}", text)


def test_the_file_follows_the_compose_specification():
    checked = subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema"),
            *("--builtin-schema", "vendor.compose-spec", str(COMPOSE)),
        ],
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout


TENANT = {
    "QCONTACT_DIALECT": "entities",
    "QCONTACT_API_KEY": "",
    "QCONTACT_EMAIL": "sync@example.test",
    "QCONTACT_QUEUES": "7,8",
}


def test_the_demo_can_be_a_tenant():
    given = {**demo_variables(), **TENANT, "QCONTACT_PASSWORD": "p"}
    sandbox = project(given)["services"]["sandbox"]

    assert sandbox["command"][-2:] == ["--dialect", "entities"]
    assert sandbox["environment"]["SANDBOX_EMAIL"] == "sync@example.test"
    assert sandbox["environment"]["SANDBOX_PASSWORD"] == "p"


@pytest.mark.parametrize("password", [None, ""], ids=["missing", "empty"])
def test_the_broker_does_not_start_without_its_password(services, tmp_path, password):
    if password is not None:
        (tmp_path / "redis_password").write_text(password)
    command = [
        part.replace("redis-server", "true").replace("/run/secrets", str(tmp_path))
        for part in services["redis"]["command"]
    ]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (refused.returncode != 0, "redis_password" in refused.stderr) == (True, True)


def test_every_secret_that_a_service_reads_is_written_and_granted(services, tmp_path):
    declared = project(demo_variables())["secrets"]
    SecretFiles(tmp_path).write(demo_variables())
    assert declared == {p.name: {"file": f"./secrets/{p.name}"} for p in tmp_path.iterdir()}
    for name, service in services.items():
        read = set(re.findall(r"/run/secrets/([\w.]+)", json.dumps(service)))
        assert read == set(service.get("secrets", [])), name


def test_every_variable_is_explained_in_the_example():
    assert {name for name, _ in references()} <= explained()


def test_the_example_gives_no_secret_away():
    lines = EXAMPLE.read_text().splitlines()
    assert [line for line in lines if re.match(r"\w+=.", line)] == []


@pytest.mark.parametrize(
    ("profile", "expected"),
    [("demo", {"sandbox", "mail-catcher"}), ("celery", {"redis", "worker"})],
)
def test_a_profile_adds_what_belongs_to_it(profile, expected, services):
    assert {n for n, s in services.items() if profile in s.get("profiles", [])} == expected


def test_the_broker_is_waited_for_only_where_there_is_one(services):
    assert services["scheduler"]["depends_on"]["redis"]["required"] is False


def test_every_service_that_stays_up_is_watched_and_started_again(services):
    for name in services.keys() - {"airflow-init"}:
        assert services[name]["healthcheck"]["test"], name
        assert services[name]["restart"] == "unless-stopped", name


def test_no_service_can_take_the_whole_machine(services):
    for name, service in services.items():
        limits = service["deploy"]["resources"]["limits"]
        assert limits.keys() == {"cpus", "memory", "pids"}, name
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}, name


def test_images_are_pinned(services):
    images = {s["image"] for s in services.values() if s["image"] != "qcontact-sync:local"}
    images.add(image_of())
    assert all(re.search(r":v?\d+\.\d+", image) for image in images), images


def test_the_image_is_of_the_airflow_that_is_tested():
    assert f"apache/airflow:{version('apache-airflow')}-" in image_of()


def test_the_dockerfile_passes_the_linter():
    linted = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), PROJECT / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (linted.returncode, linted.stdout) == (0, "")


def test_ports_are_open_to_this_machine_alone(services):
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_image_does_not_run_as_root():
    users = re.findall(r"(?m)^USER (\S+)", (PROJECT / "Dockerfile").read_text())
    # A number: Kubernetes does not believe a name.
    assert int(users[-1]) > 0
