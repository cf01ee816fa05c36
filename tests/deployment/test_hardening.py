"""What containers may do, reach and know: as little as their work needs."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from dev.compose.secret_files import OWN
from dev.state import PROJECT
from tests.deployment.compose_file import project
from tests.deployment.loopback import demo_variables

VALUES = yaml.safe_load((PROJECT / "examples" / "kubernetes" / "values.yaml").read_text())
WORKFLOW = (PROJECT / ".github" / "workflows" / "ci.yaml").read_text()
DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
# Built here, from a base whose digest nobody here could ask for: see the Dockerfile.
BUILT = "qcontact-sync:local"

AIRFLOW = {"airflow-init", "api-server", "scheduler", "dag-processor", "triggerer", "worker"}
SECRETS = {
    "connections.json": {"api-server", "scheduler", "triggerer", "worker"},
    "migrator_database_url": {"airflow-init"},
    "cron_secret": {"api-server"},
    "admin_password": {"airflow-init"},
    "postgres_password": {"postgres"},
    "redis_password": {"redis"},
    "broker_url": {"scheduler", "worker"},
    "airflow_database_url": AIRFLOW,
    "fernet_key": AIRFLOW,
    "api_secret_key": AIRFLOW,
    "jwt_secret": AIRFLOW,
}
"""Who may read a secret, by its file."""
VARIABLES = (
    "QCONTACT_API_KEY", "QCONTACT_PASSWORD", "QCONTACT_ACCESS_TOKEN", "DATABASE_URL",
    "MIGRATOR_DATABASE_URL", "CRON_SECRET", "AIRFLOW_CONN_SMTP_DEFAULT",
    *(name.upper() for name in OWN),
)  # fmt: skip
"""The variables of .env that are secrets."""
# What the demo makes up for its own QContact.
DEMO = {"QCONTACT_API_KEY", "QCONTACT_PASSWORD"}


@pytest.fixture(scope="module")
def services() -> Mapping[str, Any]:
    found: Mapping[str, Any] = project(demo_variables())["services"]
    return found


def test_no_container_can_change_its_image_or_gain_rights(services):
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "cap_add" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service, name


def test_no_container_runs_as_root(services):
    for name, service in services.items():
        if service["image"] != BUILT:
            assert service["user"] not in ("root", "0", 0), name


def test_what_a_container_writes_is_a_volume_or_memory(services):
    for name, service in services.items():
        in_memory = [mount.partition(":")[0] for mount in service["tmpfs"]]
        assert "/tmp" in in_memory, name
        home = service.get("environment", {}).get("AIRFLOW_HOME")
        assert home is None or home in in_memory, name


def test_a_network_has_only_those_who_use_it(services):
    members: dict[str, set[str]] = {}
    for name, service in services.items():
        for network in service.get("networks", []):
            members.setdefault(network, set()).add(name)
    assert members["broker"] == {"redis", "scheduler", "worker"}
    assert not members["metadata"] & {"redis", "sandbox", "mail-catcher", "log-groomer"}
    assert not members["outside"] & {"postgres", "redis", "dag-processor", "log-groomer"}
    assert services["log-groomer"]["network_mode"] == "none"


def test_databases_and_broker_have_no_way_out():
    networks = project(demo_variables())["networks"]
    assert {name for name, n in networks.items() if (n or {}).get("internal")} == {
        "metadata",
        "broker",
    }


def test_a_secret_is_known_only_where_it_is_needed(services):
    readers = {
        secret: {name for name, s in services.items() if secret in s.get("secrets", [])}
        for secret in project(demo_variables())["secrets"]
    }
    assert readers == SECRETS


@pytest.mark.parametrize("variable", VARIABLES)
def test_no_secret_is_in_a_containers_environment_or_command(variable):
    mark = f"mark-of-{variable.lower().replace('_', '-')}"
    services = project({**demo_variables(), variable: mark})["services"]
    shown = {name for name, s in services.items() if mark in str(s)}
    assert shown <= ({"sandbox"} if variable in DEMO else set())


def test_only_who_asks_for_the_login_has_its_file(services):
    with_state = {n for n, s in services.items() if "state:" in str(s.get("volumes", ""))}
    assert with_state == {"airflow-init", "api-server"}


def test_images_and_actions_are_pinned_by_digest(services):
    for name, service in services.items():
        assert service["image"] == BUILT or DIGEST.search(service["image"]), name
    job = yaml.safe_load(WORKFLOW)["jobs"]["ci"]
    assert DIGEST.search(job["container"])
    uses = re.findall(r"uses: (\S+)", WORKFLOW)
    assert uses
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) for action in uses)


def test_pods_are_as_restricted_as_containers():
    contexts = VALUES["securityContexts"]
    assert contexts["pod"]["runAsNonRoot"] is True
    assert contexts["pod"]["seccompProfile"] == {"type": "RuntimeDefault"}
    container = contexts["containers"]
    assert container["allowPrivilegeEscalation"] is False
    assert container["readOnlyRootFilesystem"] is True
    assert container["capabilities"] == {"drop": ["ALL"]}


def test_pods_write_to_memory_where_the_image_is_read_only():
    volumes = {v["name"]: v for v in VALUES["volumes"]}
    mounts = {m["mountPath"]: m["name"] for m in VALUES["volumeMounts"]}
    for path in ("/tmp", VALUES["airflowHome"]):
        assert "emptyDir" in volumes[mounts[path]], path


def test_the_endpoints_secret_goes_to_the_api_server_alone_and_as_a_file():
    (variable,) = [v for v in VALUES["apiServer"]["env"] if v["name"] == "CRON_SECRET_FILE"]
    mounts = {m["mountPath"] for m in VALUES["apiServer"]["extraVolumeMounts"]}
    assert any(variable["value"].startswith(f"{path}/") for path in mounts)
    assert "CRON_SECRET" not in VALUES["extraEnv"] + VALUES["extraEnvFrom"]
