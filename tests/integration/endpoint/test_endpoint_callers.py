"""Each caller of docs/triggering.md, played over a real socket with what the page shows."""

import http.client
import json
import re
import shutil
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import playwright
import pytest
import yaml

from dev.processes.services import Services
from dev.state import PROJECT
from tests.integration.endpoint.serving import SECRET, SYNC

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("scheduler")]

PAGE = PROJECT / "docs" / "triggering.md"
FORWARDER = PROJECT / "examples" / "vercel" / "api" / "sync-qcontact.mjs"
needs_curl = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("bash")), reason="no curl or no bash here"
)
# Playwright brings one along, so that no machine has to have it.
NODE = Path(playwright.__file__).parent / "driver" / "node"
# What Vercel does around the function: a request comes in, its answer goes out.
HOST = """
import http from "node:http";
import { writeFileSync } from "node:fs";
const { GET } = await import(process.argv[2]);
const host = http.createServer(async (incoming, outgoing) => {
  const { headers, url } = incoming;
  const answer = await GET(new Request("http://host" + url, { headers }));
  outgoing.writeHead(answer.status).end(await answer.text());
});
host.listen(0, "127.0.0.1", () => writeFileSync(process.argv[3], String(host.address().port)));
"""


def block(heading, language):
    """The first code block under a heading of the page."""
    section = PAGE.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert found, f"{heading}: no {language}"
    return found[1]


def shell(script, tmp_path, **environment):
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


class CloudFormation(yaml.SafeLoader):
    """Knows its short tags as plain text."""


CloudFormation.add_multi_constructor("!", lambda loader, tag, node: loader.construct_scalar(node))


@needs_curl
def test_the_curl_commands_work_as_they_stand(airflow, server, tmp_path):
    done = shell(block("curl", "sh"), tmp_path, SYNC_URL=server.url + SYNC, CRON_SECRET=SECRET)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count('"success":true') == 3
    assert oct((tmp_path / ".qcontact-sync").stat().st_mode & 0o777) == "0o600"
    confs = [run["conf"] for run in airflow.runs()]
    assert [c["sync_direction"] for c in confs] == ["both", "inbound", "both"]


@needs_curl
def test_curl_with_a_wrong_secret_ends_with_an_error(airflow, server, tmp_path):
    done = shell(block("curl", "sh"), tmp_path, SYNC_URL=server.url + SYNC, CRON_SECRET="wrong")

    assert done.returncode != 0
    assert airflow.runs() == []


@pytest.fixture
def workflow(tmp_path):
    path = tmp_path / "sync.yaml"
    path.write_text(block("GitHub Actions", "yaml"))
    return path


def test_the_github_workflow_is_one(workflow):
    program = Path(sys.executable).with_name("check-jsonschema")
    argv = [program, "--builtin-schema", "vendor.github-workflows", workflow]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@needs_curl
def test_the_github_workflows_step_waits_for_the_run(airflow, server, workflow, tmp_path):
    (step,) = yaml.safe_load(workflow.read_text())["jobs"]["sync"]["steps"]
    assert set(step["env"]) == {"SYNC_URL", "CRON_SECRET"}
    given = {"GITHUB_RUN_ID": "17", "GITHUB_RUN_ATTEMPT": "1"}
    done = [
        shell(step["run"], tmp_path, SYNC_URL=server.url + SYNC, CRON_SECRET=SECRET, **given)
        for _ in range(2)
    ]

    assert [d.returncode for d in done] == [0, 0], done[0].stdout + done[0].stderr
    assert len(airflow.runs()) == 1
    assert SECRET not in done[0].stdout + done[0].stderr


def test_an_external_cron_service_gets_an_answer_within_its_timeout(airflow, server):
    address = urlsplit(server.url)
    with closing(http.client.HTTPConnection(address.hostname, address.port, timeout=30)) as service:
        service.request("POST", SYNC, headers={"Authorization": f"Bearer {SECRET}"})
        answer = service.getresponse()
        body = json.loads(answer.read())

    assert (answer.status, body["success"]) == (200, True)
    assert len(airflow.runs()) == 1


@pytest.fixture
def eventbridge():
    """Headers and body that an API destination sends for an event with this id."""
    resources = yaml.load(block("AWS EventBridge", "yaml"), CloudFormation)["Resources"]
    (target,) = resources["SyncRule"]["Properties"]["Targets"]
    auth = resources["SyncConnection"]["Properties"]["AuthParameters"]["ApiKeyAuthParameters"]
    name, value = auth["ApiKeyName"], re.sub(r"\{\{.*\}\}", SECRET, auth["ApiKeyValue"])

    def delivery(event_id):
        headers = target["HttpParameters"]["HeaderParameters"]
        filled = {k: event_id if v == "$.id" else v for k, v in headers.items()}
        return {"Content-Type": "application/json", name: value, **filled}, target["Input"]

    return delivery


def test_eventbridge_tries_again_after_a_lost_answer_and_there_is_one_run(
    airflow, server, eventbridge
):
    headers, body = eventbridge("6a7e8feb-b491-4cf7-a9f1-bf3703467718")
    address = urlsplit(server.url)
    lost = http.client.HTTPConnection(address.hostname, address.port, timeout=5)
    lost.request("POST", SYNC, body=body, headers=headers)
    while not airflow.runs():
        time.sleep(0.05)
    lost.close()
    while airflow.runs()[0]["state"] != "success":
        time.sleep(0.05)
    again = httpx.post(server.url + SYNC, content=body, headers=headers, timeout=60)

    assert again.status_code == 200
    assert len(airflow.runs()) == 1


def test_eventbridge_without_an_input_of_its_own_is_told_what_is_wrong(
    airflow, server, eventbridge
):
    headers, _ = eventbridge("6a7e8feb-b491-4cf7-a9f1-bf3703467719")
    event = {"version": "0", "detail-type": "Scheduled Event", "source": "aws.events"}
    answer = httpx.post(server.url + SYNC, json=event, headers=headers)

    assert answer.status_code == 422
    assert "unknown param detail-type" in answer.json()["error"]["message"]
    assert airflow.runs() == []


@pytest.fixture
def vercel(server, tmp_path):
    """The forwarder in its deployment; its address."""
    host, portfile = tmp_path / "host.mjs", tmp_path / "port"
    host.write_text(HOST)
    services = Services(tmp_path, tmp_path / "processes.json")
    environment = {"CRON_SECRET": SECRET, "SYNC_URL": server.url + SYNC}
    try:
        services.start("node", [NODE, host, FORWARDER, portfile], environment)
        services.wait_until(
            lambda: portfile.exists() and portfile.read_text() != "", "node", timeout_s=60
        )
        yield f"http://127.0.0.1:{portfile.read_text()}/api/sync-qcontact"
    finally:
        services.stop_all(lambda: False)


def test_vercels_cron_is_forwarded_and_twice_in_an_hour_is_once(airflow, vercel):
    cron = {"Authorization": f"Bearer {SECRET}", "User-Agent": "vercel-cron/1.0"}
    hour = datetime.now(UTC).hour
    answers = [httpx.get(vercel, headers=cron, timeout=60) for _ in range(2)]

    assert {a.status_code for a in answers} <= {200, 202}
    assert len({a.json()["data"]["job_id"] for a in answers}) == len(airflow.runs())
    assert len(airflow.runs()) == 1 or datetime.now(UTC).hour != hour


def test_nobody_but_vercels_cron_gets_through_the_forwarder(airflow, vercel):
    for headers in ({}, {"Authorization": "Bearer undefined"}):
        assert httpx.get(vercel, headers=headers, timeout=60).status_code == 401
    assert airflow.runs() == []
