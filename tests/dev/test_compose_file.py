"""docker-compose.yaml is valid, starts what exists, and asks for every secret by name."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
COMPOSE = PROJECT / "docker-compose.yaml"
LIST_COMMANDS = (
    "from airflow.cli.cli_config import core_commands; print(*(c.name for c in core_commands))"
)
SECRETS = (
    "ADMIN_PASSWORD",
    "API_SECRET_KEY",
    "DATABASE_URL",
    "FERNET_KEY",
    "JWT_SECRET",
    "POSTGRES_PASSWORD",
    "QCONTACT_API_KEY",
)
AIRFLOW_SERVICES = ("api-server", "scheduler", "dag-processor", "triggerer")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


@pytest.fixture(scope="module")
def airflow_commands(tmp_path_factory) -> set[str]:
    home = str(tmp_path_factory.mktemp("airflow"))
    listed = subprocess.run(
        [sys.executable, "-c", LIST_COMMANDS],
        env={"AIRFLOW_HOME": home, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(listed.stdout.split())


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


@pytest.mark.parametrize("name", AIRFLOW_SERVICES)
def test_each_airflow_service_runs_a_command_that_airflow_has(name, services, airflow_commands):
    program, command = services[name]["command"]
    assert program == "airflow"
    assert command in airflow_commands


@pytest.mark.parametrize("name", SECRETS)
def test_a_missing_secret_is_named_and_has_no_default(name):
    forms = {rest for reference, rest in references() if reference == name}
    assert forms == {":?see .env.example"}


def test_every_variable_is_explained_in_the_example():
    explained = set(re.findall(r"(?m)^(?:# )?(\w+)=", (PROJECT / ".env.example").read_text()))
    assert {name for name, _ in references()} <= explained


def test_the_example_gives_no_secret_away():
    lines = (PROJECT / ".env.example").read_text().splitlines()
    assert [line for line in lines if re.match(r"\w+=.", line)] == []


def test_only_the_sandbox_and_the_mail_catcher_belong_to_the_demo(services):
    demo = {name for name, service in services.items() if "demo" in service.get("profiles", [])}
    assert demo == {"sandbox", "mail-catcher"}


def test_every_service_that_stays_up_is_watched(services):
    assert [n for n, s in services.items() if "healthcheck" not in s] == ["airflow-init"]


def test_images_are_pinned(services):
    images = {s["image"] for s in services.values() if "build" not in s}
    images |= set(re.findall(r"(?m)^FROM (\S+)", (PROJECT / "Dockerfile").read_text()))
    assert all(re.search(r":v?\d+\.\d+", image) for image in images), images


def test_ports_are_open_to_this_machine_alone(services):
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_image_does_not_run_as_root():
    users = re.findall(r"(?m)^USER (\S+)", (PROJECT / "Dockerfile").read_text())
    assert users[-1:] == ["airflow"]
