"""What a walk relies on of FibreFlow's database, held by the fake as by PostgreSQL."""

from datetime import timedelta

import pytest
from qcontact_sync.core.built_in import ENTITIES
from qcontact_sync.core.decide import decide
from qcontact_sync.core.fingerprint import fingerprint
from qcontact_sync.core.merge import Policy
from qcontact_sync.core.model import (
    ASSIGNED_TO,
    Direction,
    JobId,
    People,
    RemoteId,
    RemoteTicket,
)

from tests.integration.contract.leased_run import IN, OUT, Q1, Run, open_run

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]
DIALECTS = ("entities",)


async def settle(run: Run, digests: dict[str, str], direction: Direction = IN) -> None:
    async with run.unit(direction) as unit:
        await unit.progress.settle_rows({RemoteId(i): d for i, d in digests.items()})


async def settle_and_break(run: Run) -> None:
    async with run.unit() as unit:
        await unit.progress.settle_rows({Q1.id: "first"})
        raise ZeroDivisionError


async def known(run: Run, job: JobId | None = None):
    store = run.sides.ports.store
    return await store.read_listed_rows(job or run.job, ENTITIES.status.terminal)


async def test_nothing_is_known_of_cases_that_were_never_read(run: Run) -> None:
    assert await known(run) == {}


async def test_a_linked_case_without_a_settled_row_has_no_digest(run: Run) -> None:
    await run.bring_in()
    row = (await known(run))[Q1.id]
    assert (row.digest, row.age, row.is_linked, row.is_gone) == (None, None, True, False)


async def test_a_settled_row_is_known_with_its_age_and_its_run(run: Run) -> None:
    await run.bring_in()
    await settle(run, {Q1.id: "first", "2002": ""})
    rows = await known(run)
    assert (rows[Q1.id].digest, rows[Q1.id].is_linked, rows[Q1.id].is_counted) == (
        "first", True, True,
    )  # fmt: skip
    assert (rows["2002"].digest, rows["2002"].is_linked) == ("", False)
    assert timedelta() <= rows[Q1.id].age < timedelta(minutes=5)
    other, _ = await open_run(run.sides)
    assert not (await known(run, other.job_id))[Q1.id].is_counted


async def test_a_row_is_settled_again(run: Run) -> None:
    await settle(run, {Q1.id: "first"})
    await settle(run, {Q1.id: "second"})
    assert (await known(run))[Q1.id].digest == "second"


async def test_a_row_is_not_settled_by_a_transaction_that_breaks(run: Run) -> None:
    with pytest.raises(ZeroDivisionError):
        await settle_and_break(run)
    assert await known(run) == {}


async def test_a_case_is_finished_by_the_status_that_was_agreed_on(run: Run) -> None:
    await run.bring_in(RemoteTicket(Q1.id, {**Q1.values, "status": "Solved"}))
    assert (await known(run))[Q1.id].is_finished


async def test_a_case_that_is_gone_is_known_to_be(run: Run) -> None:
    await run.bring_in()
    async with run.unit() as unit:
        await unit.tickets.mark_gone([Q1.id])
    assert (await known(run))[Q1.id].is_gone


async def test_an_assignment_that_is_not_sent_counts_as_agreed_on(run: Run) -> None:
    ticket_id = await run.bring_in()
    user = run.sides.add_user("Thandi Nkosi")
    run.sides.set_local(ticket_id, assigned_to=user)
    assert await run.pending() == [Q1.id]
    async with run.unit(OUT) as unit:
        await unit.tickets.agree_assignments()
    assert await run.pending() == []
    assert (await run.linked()).link.base.local[ASSIGNED_TO] == user


async def test_an_assignment_that_waits_for_a_person_goes_on_waiting(run: Run) -> None:
    ticket_id = await run.bring_in()
    async with run.unit() as unit:
        seen = RemoteTicket(Q1.id, {**Q1.values, "title": "Slow"})
        version = fingerprint(seen.values)
        was = (await unit.tickets.look_up([(seen, version)], force=False))[Q1.id]
        decision = decide(seen, was, People({}, {}), Policy(ENTITIES))
        await unit.tickets.write([decision._replace(frozen=(ASSIGNED_TO,))])
    user = run.sides.add_user("Thandi Nkosi")
    run.sides.set_local(ticket_id, assigned_to=user)
    async with run.unit(OUT) as unit:
        await unit.tickets.agree_assignments()
    assert (await run.linked()).link.base.local[ASSIGNED_TO] is None
