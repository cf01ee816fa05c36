"""The fault list's network rows: what a run makes of a wire that fails under it."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from qcontact_sync.jobs import JobResult, run_sync_job

from tests.integration.certificates import Authority, server_context
from tests.integration.sync_world import BETWEEN_RUNS_S, World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

NOTE = {"method": "POST", "path": "/notes"}
LIST = r"/tickets\?"


def run_at(world: World, url: str, **settings: object) -> JobResult:
    """A run that is told another address of QContact."""
    world.pass_time(BETWEEN_RUNS_S)
    return run_sync_job(
        fibreflow=world.fibreflow_access,
        qcontact=replace(world.qcontact_access, url=url),
        settings=world.settings.model_copy(update=settings),
    )


@pytest.fixture
def pending(world: World) -> str:
    """A ticket with a status and a note to send."""
    remote_id = world.add_ticket(status="In Progress")
    world.run()
    world.set_local(remote_id, status="pending_qa")
    world.add_note(remote_id, "On site at ten")
    world.edit(remote_id, title="Edited there")
    return remote_id


def nothing_happened(world: World, result: JobResult) -> bool:
    return (
        result.status == "failed"
        and result.sync_result["errors"] == []
        and world.quarantine() == {}
        and world.sent() == []
    )


def all_arrived(world: World, remote_id: str) -> bool:
    return (
        world.remote(remote_id)["status"] == "in_review"
        and world.notes_at(remote_id) == ["On site at ten"]
        and world.local(remote_id)["title"] == "Edited there"
        and world.quarantine() == {}
    )


@contextmanager
def listening(answer: Callable[[socket.socket], None] | None) -> Iterator[int]:
    """A port where connections are taken by ``answer``, or by nobody."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while answer is not None:
                    answer(listener.accept()[0])

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return int(closed.getsockname()[1])


@pytest.mark.parametrize(
    "where",
    [
        pytest.param(lambda: f"http://127.0.0.1:{closed_port()}", id="refused"),
        pytest.param(lambda: "https://qcontact.invalid", id="no-such-name"),
    ],
)
def test_unreachable_host_fails_run_and_next_run_recovers(world: World, pending, where):
    cursor = world.cursor()
    result = run_at(world, where())
    assert result.error_code == "NETWORK_ERROR"
    assert nothing_happened(world, result)
    assert world.cursor() == cursor
    world.run()
    assert all_arrived(world, pending)


def test_a_certificate_that_does_not_verify_stops_the_run_at_once(world: World, pending, tmp_path):
    context = server_context(Authority(tmp_path).issue("127.0.0.1"))
    handshakes: list[bool] = []

    def answer(connection: socket.socket) -> None:
        handshakes.append(True)
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
            handshakes.append(bool(secured.recv(1)))

    with listening(answer) as port:
        result = run_at(world, f"https://127.0.0.1:{port}", retry_budget_s=60)
    assert result.error_code == "NETWORK_ERROR"
    assert nothing_happened(world, result)
    # One for each direction, and never a byte of a request.
    assert handshakes == [True, True]
    world.run()
    assert all_arrived(world, pending)


def test_failed_connection_sends_nothing(world: World, pending):
    with listening(None) as port:
        result = run_at(world, f"https://127.0.0.1:{port}", timeout_s=0.4)
    assert result.error_code == "NETWORK_ERROR"
    assert nothing_happened(world, result)
    world.run()
    assert all_arrived(world, pending)


def test_a_page_that_does_not_come_in_time_is_read_again(seeded_world: World):
    world = seeded_world
    world.configure(timeout_s=1, retry_budget_s=30)
    world.qcontact.faults.add(do="delay_answer", delay_s=3, path="page=2&")
    result, waits = world.run_without_pauses()
    assert len(waits) == 1
    assert result.status == "success"
    assert world.value("SELECT count(*) FROM tickets") == 300


@pytest.fixture
def noted(world: World) -> str:
    remote_id = world.add_ticket(status="In Progress")
    world.run()
    world.add_note(remote_id, "On site at ten")
    world.configure(timeout_s=0.5)
    return remote_id


@pytest.mark.parametrize("listing", ["on", "404"])
def test_a_note_that_arrived_and_was_not_answered_in_time_is_there_once(
    world: World, noted, listing
):
    world.qcontact.switch(note_listing=listing)
    world.qcontact.faults.add(do="delay_answer", delay_s=1, **NOTE)
    world.run()
    world.make_due()
    world.run()
    assert world.notes_at(noted) == ["On site at ten"]
    # Where QContact cannot be asked, a person decides.
    assert bool(world.quarantine()) is (listing == "404")


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"do": "answer", "status": 504, "delay_s": 1}, id="lost"),
        pytest.param({"do": "delay", "delay_s": 1}, id="lands-later"),
    ],
)
def test_note_that_did_not_arrive_is_sent_by_a_later_run(world: World, noted, fault):
    world.qcontact.faults.add(**fault, **NOTE)
    first = world.run()
    assert first.status == "failed"
    assert world.quarantine()[noted]["next_try_at"] is not None
    while world.qcontact.in_flight:
        threading.Event().wait(0.05)
    world.make_due()
    second = world.run()
    assert second.status == "success"
    assert world.notes_at(noted) == ["On site at ten"]
    assert world.quarantine() == {}


def test_a_page_that_breaks_off_is_read_again_as_a_whole(seeded_world: World):
    world = seeded_world
    world.configure(retry_budget_s=30)
    world.qcontact.faults.add(do="cut_body", path="page=2&", times=2)
    result, waits = world.run_without_pauses()
    assert len(waits) == 2
    assert result.status == "success"
    assert result.sync_result["inbound_stats"]["created"] == 300
    assert world.value("SELECT count(*) FROM tickets") == 300


def test_page_that_is_always_cut_off_changes_nothing(seeded_world: World):
    world = seeded_world
    world.qcontact.faults.add(do="cut_body", path="page=2&", times="forever")
    result = world.run()
    assert (result.status, result.error_code) == ("failed", "NETWORK_ERROR")
    assert world.cursor() is None
    world.qcontact.faults.clear()
    world.run()
    assert world.value("SELECT count(*) FROM tickets") == 300


def test_a_note_that_a_proxy_delivers_twice_is_there_once(world: World, noted):
    world.qcontact.switch(idempotency=True)
    world.qcontact.faults.add(do="twice", **NOTE)
    world.run()
    world.run()
    assert world.notes_at(noted) == ["On site at ten"]


def test_a_change_that_a_proxy_delivers_twice_is_one_change(world: World, pending):
    world.qcontact.faults.add(do="twice", method="PATCH")
    world.run()
    assert all_arrived(world, pending)
    before = world.tickets_snapshot(), world.sent()
    world.run()
    assert (world.tickets_snapshot(), world.sent()) == before


def test_too_slow_list_is_read_by_a_later_run(world: World, pending):
    world.configure(timeout_s=0.5)
    world.qcontact.faults.add(do="drip", delay_s=0.2, path=LIST, times="forever")
    cursor = world.cursor()
    result = world.run()
    assert (result.status, result.error_code) == ("failed", "TIMEOUT")
    assert world.cursor() == cursor
    world.qcontact.faults.clear()
    world.run()
    assert all_arrived(world, pending)


def test_too_slow_ticket_waits_for_a_later_run(world: World, pending):
    world.configure(timeout_s=0.5)
    world.qcontact.faults.add(do="drip", delay_s=0.2, path=r"/tickets/\d", times="forever")
    result = world.run()
    errors: Any = result.sync_result["errors"]
    assert [error["error_code"] for error in errors] == ["TIMEOUT"]
    assert world.sent() == []
    world.qcontact.faults.clear()
    world.make_due()
    world.run()
    assert all_arrived(world, pending)


@pytest.mark.parametrize("after", [1, 3, 6, 9], ids="after-{}-requests".format)
def test_network_failure_during_a_run_loses_nothing(world: World, after: int):
    ids = [world.add_ticket(status="In Progress") for _ in range(12)]
    world.configure(page_size=5)
    world.run()
    for remote_id in ids[:6]:
        world.set_local(remote_id, status="pending_qa")
        world.add_note(remote_id, f"Note on {remote_id}")
    world.edit(ids[6:], title="Edited there")
    cursor = world.cursor()
    world.qcontact.faults.add(do="drop", after=after, times="forever")
    before = sum(world.qcontact.counts.values())

    result = world.run()

    assert (result.status, result.error_code) == ("failed", "NETWORK_ERROR")
    assert sum(world.qcontact.counts.values()) - before < 60
    if result.sync_result["inbound_stats"]["error_code"]:
        assert world.cursor() == cursor
    world.qcontact.faults.clear()
    world.make_due()
    world.run()
    assert [world.remote(i)["status"] for i in ids[:6]] == ["in_review"] * 6
    assert [world.notes_at(i) for i in ids[:6]] == [[f"Note on {i}"] for i in ids[:6]]
    assert {world.local(i)["title"] for i in ids[6:]} == {"Edited there"}
    assert world.quarantine() == {}
