"""What no run does for itself: comparing a sample, tidying up, pinging an outside monitor."""

import asyncio
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from pydantic import SecretStr
from qcontact_sync.services.drift_check import SAMPLE, compare_sample
from qcontact_sync.services.retention import delete_old_rows

from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


def compare(world: World) -> dict[str, object]:
    return asyncio.run(compare_sample(*world.sides, world.settings))


def test_tickets_that_agree_differ_in_nothing(world: World) -> None:
    world.add_ticket(status="Escalated")
    world.run()
    assert compare(world) == {"compared": 1, "differing": [], "unread": 0}


def test_one_of_qcontacts_own_fields_that_was_changed_here_is_found(world: World) -> None:
    changed, _ = world.add_ticket(), world.add_ticket()
    world.run()
    world.set_local(changed, title="Somebody wrote this here")
    assert compare(world)["differing"] == [changed]


def test_what_waits_for_the_next_run_does_not_differ(world: World) -> None:
    here, there = world.add_ticket(status="Open"), world.add_ticket(status="Open")
    world.run()
    world.set_local(here, status="in_progress")
    world.edit(there, title="New title")
    assert compare(world)["differing"] == []


def test_a_change_that_the_list_never_showed_is_found(world: World) -> None:
    ticket = world.add_ticket()
    world.run()
    world.execute(
        'UPDATE qcontact_ticket_link SET base_remote = base_remote || \'{"title": "Before"}\''
    )
    world.pass_time(7200)
    world.run()
    world.execute("UPDATE qcontact_cursor SET settled_until = settled_until + interval '2 hours'")
    assert compare(world)["differing"] == [ticket]


def test_each_sample_goes_on_where_the_last_one_ended_and_begins_anew(world: World) -> None:
    ids = sorted(world.add_ticket() for _ in range(SAMPLE + 5))
    world.run()
    compare(world)
    compare(world)
    last = [row["last_id"] for row in world.rows("SELECT * FROM qcontact_sample ORDER BY 2")]
    assert last == [ids[SAMPLE - 1], ids[SAMPLE - 6]]


def test_what_is_known_to_fail_is_left_out(world: World) -> None:
    ticket = world.add_ticket(status="Open")
    world.run()
    world.qcontact.faults.add(do="answer", status=422, method="PATCH", times="forever")
    world.set_local(ticket, status="in_progress", title="Changed here")
    world.run()
    assert compare(world)["compared"] == 0


def test_old_rows_of_ours_go_and_nothing_else(world: World) -> None:
    world.add_ticket()
    world.run()
    world.run()
    world.execute("UPDATE qcontact_run SET heard_at = now() - interval '40 days'")
    before = world.snapshot()
    deleted = asyncio.run(delete_old_rows(world.fibreflow_access, 31))
    after = world.snapshot()
    assert deleted["runs"] == 1  # the run that the cursor rests on stays
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"qcontact_run", "qcontact_run_direction"}


@pytest.fixture
def ping_server() -> Iterator[tuple[str, list[str]]]:
    heard: list[str] = []

    class Ears(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            is_moved = self.path.startswith("/moved")
            self.send_response(302 if is_moved else 200)
            if is_moved:
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Ears)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", heard
    server.shutdown()
    thread.join()
    server.server_close()


def test_settled_run_pings_and_failed_run_does_not(
    world: World, ping_server: tuple[str, list[str]]
) -> None:
    url, heard = ping_server
    world.configure(ping_url=SecretStr(f"{url}/key-17"))
    world.run()
    assert heard == ["/key-17"]
    world.qcontact.faults.add(do="answer", status=500, times="forever")
    world.run()
    assert heard == ["/key-17"]


def test_unreachable_ping_address_changes_nothing_and_stays_secret(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.configure(ping_url=SecretStr("http://127.0.0.1:9/key-17"))
    assert world.run().status == "success"
    assert "ping.failed" in caplog.text
    assert "key-17" not in caplog.text


def test_redirect_of_the_ping_is_not_followed_and_its_address_stays_secret(
    world: World, ping_server: tuple[str, list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    url, heard = ping_server
    world.configure(ping_url=SecretStr(f"{url}/moved/key-17"))
    assert world.run().status == "success"
    assert heard == ["/moved/key-17"]
    assert "ping.refused status=302" in caplog.text
    assert "key-17" not in repr(world.settings)
