"""A task opens one connection to FibreFlow, and none to QContact if it has no request."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from qcontact_sync.jobs import run_sync_job

from tests.integration.silent_line import SilentLine

pytestmark = pytest.mark.new_connections


def test_each_step_of_a_run_with_nothing_to_do_opens_one_connection(world):
    world.add_ticket()
    world.run()
    port = urlsplit(world.database).port
    with SilentLine(port).carrying() as line:
        near = world.database.replace(f":{port}/", f":{line.port}/")
        through = replace(world, database=near)
        run = through.start(through.order())
        opened = [line.accepted]
        for direction in ("inbound", "outbound"):
            through.run_direction(run, direction)
            opened.append(line.accepted)
        through.finish(run)
        opened.append(line.accepted)
    assert opened == [1, 2, 3, 4]


def test_a_run_in_one_process_opens_one_connection(world):
    world.add_ticket()
    world.run()
    port = urlsplit(world.database).port
    with SilentLine(port).carrying() as line:
        near = replace(world, database=world.database.replace(f":{port}/", f":{line.port}/"))
        access = {"fibreflow": near.fibreflow_access, "qcontact": near.qcontact_access}
        assert run_sync_job(**access, settings=near.settings).status == "success"
        assert line.accepted == 1


def test_outbound_with_nothing_to_send_asks_qcontact_nothing(world):
    world.add_ticket()
    world.run()
    asked = len(world.qcontact.requests)
    world.run(sync_direction="outbound")
    assert len(world.qcontact.requests) == asked
