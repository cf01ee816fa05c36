"""The fault list's last row: what is no error of ours, anywhere in a run."""

from collections.abc import Mapping
from typing import Any, NoReturn

import pytest
from qcontact_sync.core.errors import SyncError
from qcontact_sync.core.model import Direction
from qcontact_sync.jobs import JobResult, run_sync_job
from qcontact_sync.services import runs

from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

SECRET = "s3cr3t"


def breaks(*_: object) -> NoReturn:
    raise ZeroDivisionError(SECRET)


def run(world: World, **callbacks: Any) -> JobResult:
    return run_sync_job(
        fibreflow=world.fibreflow_access,
        qcontact=world.qcontact_access,
        settings=world.settings,
        **callbacks,
    )


def test_a_direction_that_breaks_unexpectedly_is_on_record_and_the_other_one_runs(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    ticket = world.add_ticket(status="Open")
    world.run()
    world.add_ticket()
    world.set_local(ticket, status="assigned")
    world.pass_time()

    def progress(direction: Direction, *_: int) -> None:
        if direction is Direction.INBOUND:
            breaks()

    result = run(world, progress=progress)
    assert (result.status, result.error_code) == ("failed", "SYNC_JOB_ERROR")
    assert result.error_message == "unexpected ZeroDivisionError; the log contains the traceback"
    assert world.patches() == [(ticket, {"status": "assigned"})]
    assert world.history()[-1]["status"] == "failed"
    assert any(record.exc_info for record in caplog.records)
    assert world.run().status == "success"


def test_a_run_that_breaks_as_it_is_opened_does_not_stay_running(world: World) -> None:
    result = run(world, on_opened=breaks)
    assert (result.status, result.error_code) == ("failed", "SYNC_JOB_ERROR")
    assert [row["status"] for row in world.history()] == ["failed"]


async def test_a_start_that_breaks_unexpectedly_does_not_stay_running(world: World) -> None:
    await runs.start_run(*world.sides, world.settings, world.order("earlier"))
    with pytest.raises(SyncError, match="ZeroDivisionError"):
        await runs.start_run(*world.sides, world.settings, world.order("later"), breaks)
    earlier, later = world.history()
    assert (earlier["status"], later["status"]) == ("running", "failed")
    assert later["error_code"] == "SYNC_JOB_ERROR"
    await runs.start_run(*world.sides, world.settings, world.order("later"))
    assert world.history()[-1]["status"] == "running"


def test_a_dry_run_that_breaks_unexpectedly_leaves_nothing(world: World) -> None:
    world.add_ticket()
    before: Mapping[str, list[str]] = world.snapshot()
    with pytest.raises(SyncError, match="ZeroDivisionError"):
        run_sync_job(
            {"dry_run": True},
            fibreflow=world.fibreflow_access,
            qcontact=world.qcontact_access,
            settings=world.settings,
            on_opened=breaks,
        )
    assert world.snapshot() == before
