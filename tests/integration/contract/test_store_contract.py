"""What the engine relies on of FibreFlow's database, held by the fake as by PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from qcontact_sync.core.decision import Conflict
from qcontact_sync.core.errors import LeaseBusy, LeaseLost, RowLocked, SyncError
from qcontact_sync.core.model import (
    RemoteId,
    Window,
)
from qcontact_sync.core.request import parse_request
from qcontact_sync.core.stats import Counts
from qcontact_sync.core.windows import RunWindow

from tests.integration.contract.leased_run import (
    ACCOUNT,
    IN,
    OUT,
    Q1,
    Run,
    open_run,
    settle,
)
from tests.integration.contract.two_sides import Sides

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]
DIALECTS = ("tickets",)

MINUTE = timedelta(minutes=1)


# --- transactions


async def test_failed_unit_is_rolled_back(run: Run) -> None:
    with pytest.raises(LeaseBusy):
        await run.bring_in_and_break()
    assert (await run.look_up()).link is None


async def test_unit_cannot_commit_after_the_lease_was_lost(run: Run) -> None:
    await run.sides.ports.leases.release(run.lease)
    assert (await run.sides.ports.leases.take(ACCOUNT, "two")).fence == run.lease.fence + 1
    with pytest.raises(LeaseLost):
        await run.bring_in()
    assert (await run.look_up()).link is None


async def test_unit_without_lease_cannot_write(run: Run) -> None:
    with pytest.raises(SyncError):
        async with run.unit(is_dry=True) as unit:
            await unit.progress.add_counts(Counts(skipped=1))


async def test_units_on_different_tickets_run_at_the_same_time(run: Run) -> None:
    await run.bring_in()
    async with run.unit() as one, run.unit() as other:
        await one.tickets.read_linked([Q1.id])
        known = await other.tickets.look_up([(Q1._replace(id=RemoteId("1002")), "v")], force=False)
    assert known[RemoteId("1002")].link is None


async def test_row_locked_by_the_app_is_reported_and_not_read(
    run: Run,
) -> None:
    ticket_id = await run.bring_in()
    commit = run.sides.begin_local(ticket_id, "closed")
    with pytest.raises(RowLocked):
        await run.linked()
    assert await run.pending() == []
    commit()
    assert (await run.linked()).local.values["status"] == "closed"
    assert await run.pending() == [Q1.id]


# --- looking up


async def test_written_ticket_is_unchanged_and_counted_in_its_run(run: Run) -> None:
    await run.bring_in()
    known = await run.look_up()
    assert (known.is_unchanged, known.is_counted) == (True, True)
    other, _ = await open_run(run.sides)
    assert not (await replace(run, job=other.job_id).look_up()).is_counted


async def test_changed_ticket_is_returned_with_its_base(run: Run) -> None:
    await run.bring_in()
    known = await run.look_up(Q1._replace(values={**Q1.values, "status": "Assigned"}))
    assert not known.is_unchanged
    assert known.link.base.remote["status"] == "Open"
    assert known.link.base.local["status"] == known.local.values["status"] == "open"


async def test_no_ticket_is_unchanged_in_a_forced_run(run: Run) -> None:
    await run.bring_in()
    assert not (await run.look_up(force=True)).is_unchanged


async def test_ticket_is_recognised_by_what_was_received_while_its_base_is_what_that_says(
    run: Run,
) -> None:
    seen = Q1._replace(digest="d1")
    await run.bring_in(seen)
    known = (await run.recognise(seen))[Q1.id]
    assert (known.is_unchanged, known.is_counted) == (True, True)
    assert not await run.recognise(seen._replace(digest="d2"))
    # Settled from elsewhere: what the list showed before says nothing about the new base.
    await run.bring_in(Q1._replace(values={**Q1.values, "status": "Assigned"}))
    assert not await run.recognise(seen)


async def test_ticket_that_was_not_received_from_a_list_is_not_recognised(run: Run) -> None:
    await run.bring_in()
    assert not await run.recognise(Q1._replace(digest="d1"))


@pytest.mark.parametrize("record", ["failed", "gone"])
async def test_ticket_is_not_recognised_while_something_ends_when_it_passes(
    run: Run, record: str
) -> None:
    seen = Q1._replace(digest="d1")
    await run.bring_in(seen)
    if record == "failed":
        await run.fail("v", direction=IN)
    else:
        async with run.unit() as unit:
            await unit.tickets.mark_gone([Q1.id])
    assert not await run.recognise(seen)
    async with run.unit() as unit:
        await unit.quarantine.release([Q1.id])
    assert await run.recognise(seen)


@pytest.mark.parametrize("odd", ['"', "\\", 'a","b', "{}", "NULL", " a ", "%s", "ü"])
async def test_a_ticket_with_any_id_is_recognised(run: Run, odd: str):
    ticket = Q1._replace(id=RemoteId(odd), digest="d1")
    await run.bring_in(ticket)
    assert set(await run.recognise(ticket)) == {odd}
    assert (await run.look_up(ticket)).is_unchanged


async def test_version_of_a_linked_ticket_changes_with_either_side(run: Run) -> None:
    ticket_id = await run.bring_in()
    first = (await run.linked()).version
    run.sides.set_local(ticket_id, status="assigned")
    second = (await run.linked()).version
    run.sides.set_local(ticket_id, status="open")
    assert (await run.linked()).version == first != second


# --- pending


async def test_local_change_is_pending_until_it_is_reverted(run: Run) -> None:
    ticket_id = await run.bring_in()
    assert await run.pending() == []
    run.sides.set_local(ticket_id, status="assigned")
    assert await run.pending() == [Q1.id]
    run.sides.set_local(ticket_id, status="open")
    assert await run.pending() == []


async def test_refused_ticket_is_pending_again_after_a_change(run: Run) -> None:
    ticket_id = await run.bring_in()
    run.sides.set_local(ticket_id, status="assigned")
    await run.fail((await run.linked()).version)
    assert await run.pending() == []
    run.sides.set_local(ticket_id, status="closed")
    assert await run.pending() == [Q1.id]


async def test_released_ticket_is_pending_again(run: Run) -> None:
    ticket_id = await run.bring_in()
    run.sides.set_local(ticket_id, status="assigned")
    await run.fail((await run.linked()).version)
    async with run.unit(OUT) as unit:
        await unit.quarantine.release([Q1.id])
    assert await run.pending() == [Q1.id]


async def test_gone_ticket_is_not_pending_until_it_is_released(run: Run) -> None:
    ticket_id = await run.bring_in()
    run.sides.set_local(ticket_id, status="assigned")
    async with run.unit(OUT) as unit:
        await unit.tickets.mark_gone([Q1.id])
    assert await run.pending() == []
    async with run.unit() as unit:
        await unit.quarantine.release([Q1.id])
    assert await run.pending() == [Q1.id]


async def test_marking_an_unlinked_ticket_as_gone_does_nothing(
    run: Run,
) -> None:
    await run.bring_in()
    async with run.unit() as unit:
        await unit.tickets.mark_gone(["never seen"])
    run.sides.set_local((await run.linked()).link.ticket_id, status="assigned")
    assert await run.pending() == [Q1.id]


async def test_highest_stamp_is_kept_after_the_remote_clock_was_set_back(run: Run) -> None:
    now = datetime.now(UTC)
    await run.bring_in(Q1._replace(updated_at=now))
    await run.bring_in(Q1._replace(values={**Q1.values, "title": "Slow"}, updated_at=now - MINUTE))
    assert (await run.linked()).link.remote_updated_at == now


# --- the record


async def test_failure_is_counted_once_per_run(run: Run) -> None:
    await run.bring_in()
    assert await run.fail("v1") == Counts(failed=1)
    assert await run.fail("v1") == Counts()
    key, _ = await open_run(run.sides)
    following = replace(run, job=key.job_id)
    assert await following.fail("v1") == Counts(failed_again=1)


async def test_equal_losers_are_recorded_once(run: Run) -> None:
    ticket_id = await run.bring_in()
    lost = Conflict("status", False, "closed", "Assigned", "remote", "both moved")
    for _ in range(2):
        async with run.unit(OUT) as unit:
            await unit.conflicts.add_losers([(Q1.id, ticket_id, [lost])])
    assert run.sides.losers() == 1


async def test_counts_are_kept_in_the_database(run: Run) -> None:
    for _ in range(2):
        async with run.unit() as unit:
            await unit.progress.add_counts(Counts(successful=1, created=1, skipped=2))
    stats = (await run.sides.ports.runs.read_directions(run.job))[IN]
    assert stats.counts == Counts(successful=2, created=2, skipped=4)


# --- notes


async def test_note_is_to_be_sent_until_it_is_settled(run: Run) -> None:
    run.sides.add_note(await run.bring_in(), "please call")
    (waiting,) = await run.notes()
    assert (waiting.is_intended, waiting.equal_before) == (False, None)
    async with run.unit(OUT) as unit:
        await unit.notes.intend(waiting.note, Q1.id, "key", 3)
    (waiting,) = await run.notes()
    assert (waiting.is_intended, waiting.equal_before) == (True, 3)
    assert await run.pending() == [Q1.id]
    async with run.unit(OUT) as unit:
        await unit.notes.settle(waiting.note, "N1")
    assert (await run.notes(), await run.pending()) == ([], [])


async def test_withdrawn_note_has_no_intent(run: Run) -> None:
    run.sides.add_note(await run.bring_in(), "please call")
    (waiting,) = await run.notes()
    async with run.unit(OUT) as unit:
        await unit.notes.intend(waiting.note, Q1.id, "key", 0)
    async with run.unit(OUT) as unit:
        await unit.notes.withdraw(waiting.note)
    (waiting,) = await run.notes()
    assert not waiting.is_intended


# --- runs and the cursor


async def test_cursor_only_moves_forward(run: Run) -> None:
    runs, now = run.sides.ports.runs, run.sides.remote_now()
    assert await runs.read_cursor(ACCOUNT) is None
    await settle(run, run.job, now)
    key, _ = await open_run(run.sides, start=now - MINUTE)
    await settle(run, key.job_id, now - MINUTE)
    assert await runs.read_cursor(ACCOUNT) == now


async def test_run_without_the_right_leaves_the_cursor(run: Run) -> None:
    key, _ = await open_run(run.sides, moves_cursor=False, is_dated=True)
    await settle(run, key.job_id, run.sides.remote_now())
    assert await run.sides.ports.runs.read_cursor(ACCOUNT) is None


async def test_a_run_that_read_on_less_far_is_where_the_next_reads_on(run: Run) -> None:
    runs, now = run.sides.ports.runs, run.sides.remote_now()
    await settle(run, run.job, now)
    key, _ = await open_run(run.sides, start=now)
    await settle(run, key.job_id, now - MINUTE)
    assert await runs.read_cursor(ACCOUNT) == now - MINUTE
    later, _ = await open_run(run.sides, start=now - MINUTE)
    await settle(run, later.job_id, now + MINUTE)
    assert await runs.read_cursor(ACCOUNT) == now + MINUTE


async def test_a_run_taken_up_again_goes_on_where_it_was(run: Run) -> None:
    runs, now = run.sides.ports.runs, run.sides.remote_now()
    key, first = await open_run(run.sides)
    await settle(run, key.job_id, now)
    again = await runs.open_run(key, parse_request({}), RunWindow(Window(None, now), False, True))
    assert (again.window, again.settled_until, again.attempt) == (first.window, now, 2)
    assert again.started_at == first.started_at


async def test_a_direction_that_starts_over_counts_what_it_skips_anew(run: Run) -> None:
    async with run.unit() as unit:
        await unit.progress.add_counts(Counts(successful=1, created=1, skipped=2))
    await run.sides.ports.runs.open_direction(run.job, IN)
    stats = (await run.sides.ports.runs.read_directions(run.job))[IN]
    assert stats.counts == Counts(successful=1, created=1)


async def test_the_other_runs_of_the_account_are_listed_while_they_run(run: Run) -> None:
    key, _ = await open_run(run.sides)
    assert [r.job_id for r in await run.sides.ports.runs.list_running(key)] == [run.job]


# --- leases


async def test_a_lease_has_one_holder_and_its_fence_grows(sides: Sides) -> None:
    leases = sides.ports.leases
    one = await leases.take(ACCOUNT, "one")
    assert await leases.take(ACCOUNT, "two") is None
    assert (await leases.holder(ACCOUNT)).lease == one
    await leases.release(one)
    two = await leases.take(ACCOUNT, "two")
    assert (two.fence, await leases.renew(one), await leases.renew(two)) == (2, False, True)


async def test_a_dead_holder_is_evicted(sides: Sides) -> None:
    leases = sides.ports.leases
    await leases.take(ACCOUNT, "one")
    await leases.evict(await leases.holder(ACCOUNT))
    assert (await leases.take(ACCOUNT, "two")).fence == 2
