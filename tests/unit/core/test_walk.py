"""Which details a walk of the whole list calls for."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qcontact_sync.core.model import RemoteId
from qcontact_sync.core.walk import (
    FINISHED_WITHIN,
    NOT_LISTED,
    OPEN_WITHIN,
    KnownRow,
    has_shrunk,
    plan_looks,
)

SIX_HOURS = timedelta(hours=6)
FRESH = timedelta(minutes=5)


def row(digest="a", age=FRESH, **more) -> KnownRow:
    return KnownRow(digest, age, **more)


def ids(count: int) -> list[RemoteId]:
    return [RemoteId(str(n)) for n in range(count)]


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(None, id="new"),
        pytest.param(row("b"), id="differs"),
        pytest.param(row(NOT_LISTED), id="listed-again"),
        pytest.param(row(None, None), id="linked-and-never-walked"),
        pytest.param(row("a", is_gone=True), id="gone-and-back"),
    ],
)
def test_a_row_that_is_not_the_settled_one_is_read(known):
    remembered = {RemoteId("1"): known} if known else {}
    plan = plan_looks({RemoteId("1"): "a"}, remembered, timedelta(0))
    assert plan.changed == ["1"]
    assert plan.details == 1
    assert plan.unchanged == 0


def test_an_equal_row_is_taken_as_it_is():
    plan = plan_looks({RemoteId("1"): "a"}, {RemoteId("1"): row("a")}, timedelta(0))
    assert plan.details == 0
    assert plan.unchanged == 1


def test_force_reads_every_listed_case():
    plan = plan_looks({RemoteId("1"): "a"}, {RemoteId("1"): row("a")}, timedelta(0), force=True)
    assert plan.changed == ["1"]


@pytest.mark.parametrize(
    ("known", "is_read"),
    [
        pytest.param(row("a"), True, id="was-listed"),
        pytest.param(row(None, None), True, id="never-walked"),
        pytest.param(row(NOT_LISTED), False, id="known-to-be-away"),
        pytest.param(row("a", is_gone=True), False, id="gone"),
        pytest.param(row("a", is_linked=False), False, id="no-ticket-of-ours"),
    ],
)
def test_a_linked_case_that_left_the_list_is_read_once(known, is_read):
    plan = plan_looks({}, {RemoteId("1"): known}, timedelta(0))
    assert plan.unlisted == (["1"] if is_read else [])


def test_what_was_settled_earlier_in_this_run_is_not_counted_again():
    known = {RemoteId("1"): row("a", is_counted=True), RemoteId("2"): row("a")}
    assert plan_looks(dict.fromkeys(known, "a"), known, timedelta(0)).unchanged == 1


def test_a_case_without_a_ticket_is_no_unchanged_ticket():
    known = {RemoteId("1"): row("a", is_linked=False)}
    plan = plan_looks({RemoteId("1"): "a"}, known, timedelta(0))
    assert (plan.details, plan.unchanged) == (0, 0)


def test_a_share_of_the_others_is_looked_at_oldest_first():
    known = {i: row("a", FRESH * (n + 1)) for n, i in enumerate(ids(8))}
    plan = plan_looks(dict.fromkeys(known, "a"), known, SIX_HOURS)
    assert plan.overdue == ["7", "6"]
    assert plan.unchanged == 6


def test_cases_that_are_away_have_their_turn_too():
    known = {RemoteId("1"): row(NOT_LISTED, OPEN_WITHIN)}
    assert plan_looks({}, known, SIX_HOURS).overdue == ["1"]


@pytest.mark.parametrize("is_finished", [False, True])
@pytest.mark.parametrize("between", [timedelta(hours=1), SIX_HOURS, timedelta(hours=11)])
def test_every_case_is_looked_at_in_time(is_finished, between):
    """Simulated: run after run, no look is older than promised, give or take one run."""
    within = FINISHED_WITHIN if is_finished else OPEN_WITHIN
    known = {i: row("a", timedelta(0), is_finished=is_finished) for i in ids(100)}
    listed = dict.fromkeys(known, "a")
    for _ in range(int(3 * within / between)):
        known = {i: row("a", k.age + between, is_finished=is_finished) for i, k in known.items()}
        assert max(k.age for k in known.values()) <= within + between
        plan = plan_looks(listed, known, between)
        known |= {i: row("a", timedelta(0), is_finished=is_finished) for i in plan.overdue}


def test_an_unchanged_run_costs_a_bounded_number_of_details():
    """5,000 cases of which 1,000 are open: a quarter of the open ones, one in 120 of the others."""
    known = {i: row("a", FRESH, is_finished=n >= 1_000) for n, i in enumerate(ids(5_000))}
    assert plan_looks(dict.fromkeys(known, "a"), known, SIX_HOURS).details == 250 + 34


@pytest.mark.parametrize(("missing", "shrunk"), [(0, False), (20, False), (21, True), (100, True)])
def test_a_list_that_lost_more_than_a_fifth_is_said_to_have_shrunk(missing, shrunk):
    known = {i: row("a") for i in ids(100)}
    assert has_shrunk({i: "a" for i in ids(100)[missing:]}, known) is shrunk


def test_an_empty_list_where_there_was_none_has_not_shrunk():
    assert not has_shrunk({}, {})


digests = st.sampled_from(["", "a", "b"])
rows = st.builds(
    KnownRow,
    digests | st.none(),
    st.none() | st.timedeltas(timedelta(0), timedelta(days=60)),
    *[st.booleans()] * 4,
)
remote_ids = st.sampled_from(ids(12))


@given(
    st.dictionaries(remote_ids, st.sampled_from(["a", "b"])),
    st.dictionaries(remote_ids, rows),
    st.none() | st.timedeltas(timedelta(0), timedelta(days=9)),
)
def test_no_case_is_read_twice_and_no_change_is_left_out(listed, known, gap):
    plan = plan_looks(listed, known, gap)
    read = [*plan.changed, *plan.unlisted, *plan.overdue]
    assert len(read) == len(set(read)) == plan.details
    assert 0 <= plan.unchanged <= len(listed)
    for remote_id, digest in listed.items():
        if remote_id not in known or known[remote_id].digest != digest:
            assert remote_id in plan.changed
