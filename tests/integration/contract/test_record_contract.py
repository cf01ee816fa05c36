"""What the engine relies on of the record: decisions, quarantine, what was sent, ends of runs."""

from dataclasses import replace
from datetime import timedelta

import pytest
from qcontact_sync.core.decision import Conflict
from qcontact_sync.core.errors import ErrorCode, RetryableError, TicketError
from qcontact_sync.core.model import Direction, RemoteId, RemoteTicket, RunStatus, SyncType
from qcontact_sync.core.note_rules import SENT
from qcontact_sync.core.run_ports import RunKey, Settlement
from qcontact_sync.core.stats import Counts
from qcontact_sync.core.unit_ports import SentRow, TicketFailure
from qcontact_sync.core.windows import Trigger

from tests.integration.contract.leased_run import (
    ACCOUNT,
    IN,
    OUT,
    Q1,
    Run,
    open_run,
    settle,
)

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]
DIALECTS = ("tickets",)
WAITS = Conflict("status", True, "closed", "Open", None, "re-opened")
LOST = Conflict("status", False, "closed", "Assigned", "remote", "decided in a comparison")


async def open_conflict(of: Run, ticket_id) -> None:
    async with of.unit() as unit:
        await unit.conflicts.add_losers([(Q1.id, ticket_id, [WAITS])])


# --- decisions


async def test_a_choice_is_on_record_with_both_values_and_a_name(run: Run) -> None:
    ticket_id = await run.bring_in()
    for by in ("Thandi", "Ann"):
        async with run.unit() as unit:
            await unit.conflicts.record_choices(Q1.id, ticket_id, [LOST], "kept local", by)
    assert run.sides.decisions() == [
        ("status", "closed", "Assigned", "kept local", by) for by in ("Thandi", "Ann")
    ]


async def test_a_choice_about_an_open_conflict_closes_it_and_adds_none(run: Run) -> None:
    ticket_id = await run.bring_in()
    await open_conflict(run, ticket_id)
    async with run.unit() as unit:
        other = replace(LOST, field="title", local="No light", remote="Slow")
        await unit.conflicts.record_choices(Q1.id, ticket_id, [LOST, other], "kept local", "Ann")
    assert run.sides.decisions() == [
        ("status", "closed", "Open", "kept local", "Ann"),
        ("title", "No light", "Slow", "kept local", "Ann"),
    ]


async def test_an_open_conflict_is_closed_with_the_name_of_who_decided(run: Run) -> None:
    ticket_id = await run.bring_in()
    await open_conflict(run, ticket_id)
    async with run.unit() as unit:
        await unit.conflicts.close(Q1.id, "title", "kept local", "Thandi")
    assert run.sides.decisions() == []
    for by in ("Thandi", "Ann"):
        async with run.unit() as unit:
            await unit.conflicts.close(Q1.id, "status", "kept remote", by)
    assert run.sides.decisions() == [("status", "closed", "Open", "kept remote", "Thandi")]


# --- marks of what changed


@pytest.mark.parametrize("compares_all", [True, False])
async def test_renewing_marks_leaves_what_is_pending(run: Run, compares_all: bool) -> None:
    ticket_id = await run.bring_in()
    for status, pending in (("assigned", [Q1.id]), ("open", [])):
        run.sides.set_local(ticket_id, status=status)
        async with run.unit(OUT) as unit:
            await unit.tickets.renew_marks(sent=SENT, compares_all=compares_all)
        assert await run.pending() == pending


# --- quarantine


async def test_what_has_nothing_to_send_any_more_leaves_the_quarantine(run: Run) -> None:
    ticket_id = await run.bring_in()
    run.sides.set_local(ticket_id, status="assigned")
    await run.fail((await run.linked()).version, recoverable=True)
    for status, left in (("assigned", True), ("open", False)):
        run.sides.set_local(ticket_id, status=status)
        async with run.unit(OUT) as unit:
            await unit.quarantine.release_moot(sent=SENT)
        assert bool(run.sides.quarantined()) is left


async def test_an_id_that_nobody_has_does_not_stay_in_quarantine(run: Run) -> None:
    await run.bring_in()
    ids = [Q1.id, RemoteId("mistyped")]
    async with run.unit() as unit:
        await unit.quarantine.add(
            [TicketFailure(i, SyncType.CREATE, ErrorCode.NOT_FOUND, "gone") for i in ids]
        )
    async with run.unit() as unit:
        await unit.quarantine.forget_unlinked(ids)
    assert run.sides.quarantined() == [Q1.id]


async def test_a_failure_that_may_pass_is_due_after_its_pause(run: Run) -> None:
    await run.bring_in()
    await run.fail("v1", recoverable=True)
    store = run.sides.ports.store
    assert list(await store.list_due(OUT, 10)) == []
    run.sides.let_pauses_end()
    assert list(await store.list_due(OUT, 10)) == [Q1.id]
    assert list(await store.list_due(IN, 10)) == []
    assert list(await store.list_due(OUT, 0)) == []


# --- what was sent


async def test_what_was_sent_is_audited_and_part_of_the_outbound_counts(run: Run) -> None:
    ticket_id = await run.bring_in()
    assert not (await run.linked()).is_counted
    async with run.unit(OUT) as unit:
        await unit.progress.audit_sent(
            [SentRow(Q1.id, ticket_id, SyncType.STATUS_UPDATE, {"status": "assigned"})]
        )
        await unit.progress.count_sent([Q1.id], updated=1)
    assert (await run.linked()).is_counted
    assert run.sides.audited("status_update") == 1


async def test_sent_tickets_are_counted_as_updated_or_as_skipped(run: Run) -> None:
    await run.bring_in()
    await run.bring_in(RemoteTicket(RemoteId("1002"), Q1.values))
    async with run.unit(OUT) as unit:
        await unit.progress.count_sent([Q1.id, RemoteId("1002")], updated=1)
    counts = (await run.sides.ports.runs.read_directions(run.job))[OUT].counts
    assert counts == Counts(successful=1, updated=1, skipped=1)


async def test_a_row_is_read_again_as_it_is_now(run: Run) -> None:
    ticket_id = await run.bring_in()
    known = await run.linked()
    run.sides.set_local(ticket_id, status="assigned")
    async with run.unit(OUT) as unit:
        again = (await unit.tickets.read_again([known]))[Q1.id]
    assert again.link == known.link
    assert again.local.values == {**known.local.values, "status": "assigned"}


@pytest.mark.parametrize("is_gone", [False, True])
async def test_a_link_tells_whether_its_ticket_has_failed(run: Run, *, is_gone: bool) -> None:
    await run.bring_in()
    assert not (await run.linked()).has_failed
    if is_gone:
        async with run.unit(OUT) as unit:
            await unit.tickets.mark_gone([Q1.id])
    else:
        await run.fail("v1")
    assert (await run.linked()).has_failed
    async with run.unit(OUT) as unit:
        await unit.quarantine.release([Q1.id])
    assert not (await run.linked()).has_failed


async def test_the_statements_that_write_tickets_pass_without_a_ticket(run: Run) -> None:
    async with run.unit() as unit:
        await unit.tickets.write_nothing()
    assert await run.sides.ports.store.count_links() == 0


# --- looking things up


async def test_a_name_that_two_users_share_identifies_none_of_them(run: Run) -> None:
    ann, *twins = (run.sides.add_user(name) for name in ("Ann Nel", "Sam Twin", "Sam Twin"))
    people = await run.sides.ports.store.load_people()
    assert dict(people.id_by_name) == {"Ann Nel": ann}
    assert {people.name_by_id[twin] for twin in twins} == {"Sam Twin"}


async def test_ids_are_resolved_from_what_people_know(run: Run) -> None:
    ticket_id = await run.bring_in()
    unlinked = run.sides.add_row(RemoteId("1002"))
    uid = (await run.linked()).local.ticket_uid
    given = [str(ticket_id), uid, Q1.id, str(unlinked), "never seen"]
    found = await run.sides.ports.store.resolve_ids(given)
    assert dict(found) == {str(ticket_id): Q1.id, uid: Q1.id, Q1.id: Q1.id, str(unlinked): "1002"}


async def test_links_are_counted(run: Run) -> None:
    await run.bring_in()
    await run.bring_in(RemoteTicket(RemoteId("1002"), Q1.values))
    count_links = run.sides.ports.store.count_links
    assert [await count_links(), *[await count_links(most) for most in (0, 1, 5)]] == [2, 0, 1, 2]


async def test_the_cursor_is_as_old_as_the_run_that_moved_it(run: Run) -> None:
    store = run.sides.ports.store
    assert await store.cursor_age(run.job) is None
    await settle(run, run.job, run.sides.remote_now())
    age = await store.cursor_age(run.job)
    assert age is not None
    assert timedelta() <= age < timedelta(minutes=5)


# --- how runs go and end


async def test_a_direction_ends_with_its_counts_and_may_be_tried_again(run: Run) -> None:
    runs = run.sides.ports.runs
    async with run.unit() as unit:
        await unit.progress.add_counts(Counts(successful=2, updated=2))
    broken = RetryableError("no answer", ErrorCode.TIMEOUT)
    stats = await runs.close_direction(run.job, IN, is_complete=False, error=broken)
    assert (stats.counts, stats.is_complete) == (Counts(successful=2, updated=2), False)
    assert stats.error_code == ErrorCode.TIMEOUT
    await runs.reopen_direction(run.job, IN)
    reopened = (await runs.read_directions(run.job))[IN]
    assert (reopened.error_code, reopened.counts.successful) == (None, 2)
    stats = await runs.close_direction(run.job, IN, is_complete=True, error=None)
    assert (stats.is_complete, stats.error_code) == (True, None)
    await runs.reopen_direction(run.job, OUT)


async def test_progress_is_where_the_run_settled_last(run: Run) -> None:
    runs, now = run.sides.ports.runs, run.sides.remote_now()
    assert await runs.read_progress(run.job) is None
    await settle(run, run.job, now)
    assert await runs.read_progress(run.job) == now


async def test_a_run_that_ended_is_not_listed_as_running(run: Run) -> None:
    runs = run.sides.ports.runs
    key, _ = await open_run(run.sides)
    await runs.record_heartbeat(run.job)
    (other,) = await runs.list_running(key)
    assert (other.job_id, other.is_silent) == (run.job, False)
    directions = await runs.read_directions(run.job)
    closed = await runs.close_run(run.job, Settlement(RunStatus.SUCCESS, directions))
    assert closed.started_at <= closed.completed_at
    assert closed.duration_seconds >= 0
    assert list(await runs.list_running(key)) == []


async def test_a_refused_run_is_none_that_runs(run: Run) -> None:
    runs = run.sides.ports.runs
    opened, _ = await open_run(run.sides)
    refusal = TicketError("bad dates", ErrorCode.VALIDATION_ERROR)
    await runs.refuse_run(opened, {"start_date": "never"}, refusal)
    key = RunKey(opened.job_id, ACCOUNT, "qcontact_sync", "another", Trigger.MANUAL)
    assert [r.job_id for r in await runs.list_running(key)] == [run.job]


async def test_tickets_that_failed_are_listed_with_their_run(run: Run) -> None:
    await run.bring_in()
    await run.fail("v1")
    runs = run.sides.ports.runs
    assert [e["qcontact_ticket_id"] for e in await runs.read_errors(run.job)] == [Q1.id]
    other, _ = await open_run(run.sides)
    assert list(await runs.read_errors(other.job_id)) == []


@pytest.mark.parametrize("direction", Direction)
async def test_a_released_ticket_is_no_error_of_its_run_any_more(
    run: Run,
    direction: Direction,
) -> None:
    await run.bring_in()
    failure = TicketFailure(Q1.id, SyncType.CREATE, ErrorCode.VALIDATION_ERROR, "refused", "v1")
    async with run.unit(direction) as unit:
        await unit.progress.add_counts(await unit.quarantine.add([failure]))
    async with run.unit(direction) as unit:
        await unit.quarantine.release([Q1.id])
    assert list(await run.sides.ports.runs.read_errors(run.job)) == []
    counts = (await run.sides.ports.runs.read_directions(run.job))[direction].counts
    assert counts.failed == 0
