"""``python -m sandbox`` as a process."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sandbox.running import run_sandbox
from tests.sandbox.sandbox_client import Client

pytestmark = pytest.mark.sandbox

ROOT = Path(__file__).parents[2]


def _start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sandbox", "--tickets", "20", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=pipe, stderr=pipe)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_on_a_signal(tmp_path, stop):
    portfile = tmp_path / "port"
    with _start("--portfile", str(portfile), "--switch", "page_cap=3") as process:
        line = process.stdout.readline()
        port = int(portfile.read_text())
        assert f"http://127.0.0.1:{port} (20 tickets, seed 1)" in line
        with socket.create_connection(("127.0.0.1", port)) as held:
            held.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            assert held.recv(100).startswith(b"HTTP/1.1 200 ")
            process.send_signal(stop)  # while a kept-alive connection is open
            assert process.wait(10) == 0
        assert (process.stdout.read(), process.stderr.read()) == ("", "")


def test_it_speaks_the_entities_dialect(tmp_path):
    portfile = tmp_path / "port"
    account = ("--email", "a@example.test", "--password", "secret")
    with _start("--portfile", str(portfile), "--dialect", "entities", *account) as process:
        line = process.stdout.readline()
        assert "(20 tickets, seed 1, dialect entities)" in line
        assert "secret" not in line
        body = json.dumps({"email": "a@example.test", "password": "secret"})
        connection = http.client.HTTPConnection("127.0.0.1", int(portfile.read_text()), timeout=10)
        connection.request("POST", "/api/v2/auth/sign_in", body)
        answer = connection.getresponse()
        answer.read()
        headers = {n: answer.headers[n] for n in ("access-token", "client", "uid")}
        connection.request("GET", "/api/v2/entities/Case", headers=headers)
        pagination = json.loads(connection.getresponse().read())["pagination"]
        connection.close()
        assert pagination == {"count": 20, "page": 1, "items": 50, "pages": 1}
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_a_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with _start("--port", str(port)) as process:
            assert process.wait(30) == 1
            assert f"127.0.0.1:{port}" in process.stderr.read()


def test_a_bad_switch_is_named():
    with _start("--switch", "colour=red") as process:
        assert process.wait(30) == 1
        assert "unknown switch 'colour'" in process.stderr.read()


def test_a_request_held_up_by_a_fault_does_not_hold_up_the_end(capfd):
    with run_sandbox(tickets=1) as sandbox:
        sandbox.world.faults.add(do="delay", delay_s=3600)
        outcome: list[str] = []

        def ask() -> None:
            try:
                Client(sandbox).get("/tickets")
            except OSError as error:
                outcome.append(type(error).__name__)

        asker = threading.Thread(target=ask)
        asker.start()
        while not sandbox.world.counts:
            time.sleep(0.01)
    asker.join(10)
    assert outcome == ["RemoteDisconnected"]
    assert capfd.readouterr() == ("", "")
