"""Everything that was started ends: on request, on SIGTERM, and after a kill."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from dev.demo.progress import Progress
from dev.demo.system import choose_port
from dev.errors import CannotRun
from dev.processes.interrupts import Interrupted, Interrupts
from dev.processes.log_tail import tail
from dev.processes.services import Services, end_leftovers
from dev.state import RunDirectory

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
# A leader that will not end when asked, with a child that has left its process group.
STUBBORN = [
    sys.executable,
    "-c",
    "import os, signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],"
    " process_group=0)\n"
    "print('ready', flush=True); time.sleep(600)",
]
# What `make run` does with its services, without the services.
PROGRAM = """
import sys, time
from pathlib import Path
from dev.processes.interrupts import Interrupted, Interrupts
from dev.processes.services import Services
folder = Path(sys.argv[1])
services = Services(folder, folder / "record.json")
interrupts = Interrupts()
with interrupts.handled():
    try:
        for number in range(3):
            argv = [sys.executable, "-c", "import time; time.sleep(600)"]
            services.start(f"child-{number}", argv, {})
        print("up", flush=True)
        while True:
            time.sleep(0.05)  # in pieces: a signal just before a sleep does not end it
    except Interrupted:
        pass
    finally:
        interrupts.ignore_first()
        services.stop_all(lambda: interrupts.hurry)
"""


def never() -> bool:
    return False


def wait_for(condition: Callable[[], bool]) -> None:
    """pytest's own timeout ends a wait that is in vain."""
    while not condition():
        time.sleep(0.02)


def session(pid: int) -> list[int]:
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == pid and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (OSError, psutil.Error):
            continue
    return found


def recorded_pids(folder: Path) -> list[int]:
    return [pid for pid, _ in json.loads((folder / "record.json").read_text())]


@pytest.fixture
def services(tmp_path) -> Iterator[Services]:
    made = Services(tmp_path, tmp_path / "record.json")
    yield made
    made.stop_all(lambda: True)


@pytest.fixture
def running(tmp_path) -> Iterator[subprocess.Popen[str]]:
    """A process that started three services, as `make run` would."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_every_service(running, tmp_path, number):
    pids = recorded_pids(tmp_path)
    assert len(pids) == 3
    running.send_signal(number)
    assert running.wait() == 0
    assert [pid for pid in pids if session(pid)] == []


def test_what_a_killed_run_left_is_ended_by_the_next(running, tmp_path):
    pids = recorded_pids(tmp_path)
    running.kill()
    running.wait()
    assert all(session(pid) for pid in pids)
    assert end_leftovers(tmp_path / "record.json") == 3
    assert [pid for pid in pids if session(pid)] == []


def test_a_pid_that_is_somebody_elses_by_now_is_left_alone(tmp_path):
    record = tmp_path / "record.json"
    record.write_text(f"[[{os.getpid()}, 1.0]]")
    assert end_leftovers(record) == 0


def test_survivors_are_killed_even_outside_their_process_group(services, tmp_path):
    services.start("stubborn", STUBBORN, {}, patience_s=0)
    (pid,) = recorded_pids(tmp_path)
    wait_for(lambda: (tmp_path / "stubborn.log").read_text() == "ready\n")
    assert len(session(pid)) == 2
    services.stop_all(lambda: True)
    assert session(pid) == []


def test_the_newest_service_stops_first(services, tmp_path):
    for name in ("first", "second"):
        services.start(name, SLEEP, {})
    first, second = recorded_pids(tmp_path)
    alive_when_asked: list[tuple[bool, bool]] = []

    def look() -> bool:
        alive_when_asked.append((bool(session(first)), bool(session(second))))
        return False

    services.stop_all(look)
    assert (False, True) not in alive_when_asked


def test_a_service_that_ends_by_itself_is_named_with_its_log(services, tmp_path):
    services.start("brief", [sys.executable, "-c", "print('why'); raise SystemExit(3)"], {})
    with pytest.raises(CannotRun, match="brief ended with exit status 3") as problem:
        services.wait_until(never, "anything", timeout_s=60)
    assert problem.value.log is not None
    assert tail(problem.value.log) == ["why"]


def test_waiting_in_vain_says_what_did_not_come(services):
    with pytest.raises(CannotRun, match="the moon did not come"):
        services.wait_until(never, "the moon", timeout_s=0)


def test_a_second_signal_hurries():
    with Interrupts().handled() as interrupts:
        with pytest.raises(Interrupted):
            signal.raise_signal(signal.SIGINT)
        assert not interrupts.hurry
        signal.raise_signal(signal.SIGINT)
        assert interrupts.hurry


def test_one_run_at_a_time(tmp_path):
    run = RunDirectory(tmp_path)
    with run.claimed(), pytest.raises(CannotRun, match="already up"), run.claimed():
        pass


def test_a_port_in_use_is_named_and_another_taken(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = taken.getsockname()[1]
        chosen = choose_port(wanted, Progress(Console()))
    assert chosen != wanted
    said = capsys.readouterr().out
    assert f"port {wanted} is in use" in said
    assert str(chosen) in said


def test_a_tasks_log_reads_as_text(tmp_path):
    log = tmp_path / "attempt=1.log"
    log.write_text(
        '{"level": "error", "event": "Task failed",'
        ' "error_detail": [{"exc_type": "ConfigError", "exc_value": "no such thing"}]}\n'
        "plain\n"
    )
    assert tail(log) == [
        "error   Task failed\n        ConfigError: no such thing",
        "plain",
    ]
