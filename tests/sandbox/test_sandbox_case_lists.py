"""The list of cases, and what is not known about it."""

import re
from itertools import pairwise

import pytest

from tests.sandbox.case_client import MAIN_QUEUE, OTHER_QUEUE, filter_by
from tests.sandbox.sandbox_client import FIRST

pytestmark = pytest.mark.sandbox

ROW = {
    "id", "entity_type", "label", "icon", "created_at", "status", "__status", "__status__color",
    "category", "__category", "__category__color", "assigned_to", "__assigned_to", "contact",
    "__contact", "c__dr_location", "__c__dr_location",
}  # fmt: skip


def test_list_shape(tenant):
    answer = tenant.cases(page=1, items=20).json
    assert set(answer) == {"columns", "results", "pagination"}
    assert answer["pagination"] == {"count": 30, "page": 1, "items": 20, "pages": 2}
    assert len(answer["results"]) == 20
    assert "status" in {column["name"] for column in answer["columns"]}


def test_row_has_display_and_raw_values(tenant):
    world = tenant.sandbox.world
    id_ = world.add(
        title="Connection Issue FT499061",
        status="in_progress",
        category="Connectivity::ONT/Gizzu",
        customer_name="Nomsa Testane",
        address="1 Aloe Street, Lawley, Johannesburg",
    )
    (row,) = [row for row in tenant.rows() if row["id"] == int(id_)]
    assert set(row) == ROW
    assert (row["entity_type"], row["label"]) == ("Case", "Connection Issue FT499061")
    assert (row["status"], row["__status"]) == ("In Progress", "InProgress")
    assert row["__category"] == "Connectivity::ONT/Gizzu"
    assert row["__assigned_to"] == MAIN_QUEUE
    assert row["assigned_to"] == world.directory.name_of(MAIN_QUEUE)
    assert row["contact"] == "Nomsa Testane"
    assert isinstance(row["__contact"], int)
    assert row["c__dr_location"] == "Lawley"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["created_at"])
    assert row == world.row(id_)


def test_pages_hold_each_case_once_and_end(tenant):
    ids = [id_ for page in (1, 2, 3) for id_ in tenant.listed_ids(page=page, items=12)]
    assert sorted(ids) == sorted(tenant.sandbox.world.tickets)
    assert tenant.listed_ids(page=4, items=12) == []


def test_page_size_is_capped_at_fifty_by_default(start_tenant):
    client = start_tenant(tickets=60)
    answer = client.cases(items=100).json
    assert (answer["pagination"]["items"], len(answer["results"])) == (50, 50)
    assert answer["pagination"]["pages"] == 2


def test_page_size_over_the_cap_can_be_refused(start_tenant):
    client = start_tenant(page_cap=7, page_over_cap="refuse")
    assert client.cases(items=8).status == 400
    assert client.cases(items=7).status == 200


def test_page_size_can_be_cut_without_saying_so(start_tenant):
    client = start_tenant(page_cap=7, page_over_cap="cut_unsaid")
    answer = client.cases(items=20).json
    assert (answer["pagination"]["items"], len(answer["results"])) == (20, 7)


def test_total_can_be_at_the_top(start_tenant):
    answer = start_tenant(list_total="top").cases().json
    assert (answer["total"], "pagination" in answer) == (30, False)


@pytest.mark.parametrize("params", [{"page": "0"}, {"items": "x"}, {"filters": "nonsense"}])
def test_a_bad_question_is_refused(tenant, params):
    refused = tenant.cases(**params)
    assert (refused.status, len(refused.errors)) == (400, 1)


def test_sort_by_id_holds_in_any_order(start_tenant):
    client = start_tenant(order="random")
    ids = client.listed_ids(sort="id DESC")
    assert ids == sorted(ids, reverse=True)
    assert client.listed_ids(sort="") != client.listed_ids(sort="")


def test_another_sort_is_ignored_honoured_or_refused(start_tenant):
    client = start_tenant(order="id")
    by_id = sorted(client.sandbox.world.tickets)
    assert client.listed_ids(sort="created_at DESC") == by_id
    client.sandbox.world.switch(other_sorts="honoured")
    for name in ("created_at", "label", "status"):
        values = [
            row[name.replace("status", "__status")] for row in client.rows(sort=f"{name} DESC")
        ]
        assert values == sorted(values, reverse=True)
    assert client.cases(sort="mood ASC").status == 400
    client.sandbox.world.switch(other_sorts="refused")
    assert client.cases(sort="created_at DESC").status == 400
    assert client.cases(sort="id DESC").status == 200


@pytest.mark.parametrize("value", [MAIN_QUEUE, str(MAIN_QUEUE)])
def test_filter_by_assignee(tenant, value):
    rows = tenant.rows(filters=filter_by(assigned_to=value))
    every = tenant.rows()
    expected = [row for row in every if row["__assigned_to"] == MAIN_QUEUE]
    assert rows == expected
    assert 0 < len(rows) < len(every)


@pytest.mark.parametrize("word", ["InProgress", "In Progress"])
def test_filter_by_status_and_assignee(tenant, word):
    id_ = tenant.sandbox.world.add(title="x", status="In Progress")
    both = filter_by(assigned_to=MAIN_QUEUE, status=word)
    assert id_ in tenant.listed_ids(filters=both)
    assert id_ not in tenant.listed_ids(filters=filter_by(assigned_to=OTHER_QUEUE, status=word))
    assert {row["__status"] for row in tenant.rows(filters=both)} == {"InProgress"}


def test_a_case_that_is_handed_on_leaves_the_filtered_list(tenant):
    world, watched = tenant.sandbox.world, filter_by(assigned_to=MAIN_QUEUE)
    id_ = world.add(title="x")
    assert id_ in tenant.listed_ids(filters=watched)
    world.edit(id_, assigned_to="Thandi Mokoena")
    assert id_ not in tenant.listed_ids(filters=watched)
    assert tenant.fields(id_)["assigned_to"] == world.directory.id_of("Thandi Mokoena")
    assert id_ in tenant.listed_ids(
        filters=filter_by(assigned_to=world.directory.id_of("Thandi Mokoena"))
    )


def test_view_all_gives_no_rows(tenant):
    answer = tenant.cases(view="all").json
    assert (answer["results"], answer["pagination"]["count"]) == ([], 0)


@pytest.mark.parametrize("operator", ["not_equals", "greater_than"])
def test_other_operators_break_the_server(tenant, operator):
    assert tenant.cases(filters=filter_by(operator, status="Open")).status == 500


def test_other_combinations_break_the_server_and_other_names_are_refused(tenant):
    either = filter_by(status="Open").replace('"all"', '"any"')
    assert tenant.cases(filters=either).status == 500
    assert tenant.cases(filters=filter_by(updated_at="2026-01-01")).status == 400


@pytest.mark.parametrize(
    ("pattern", "gone"),
    [
        ("status", {"status"}),
        ("*status*", {"status", "__status", "__status__color"}),
        ("status, __assigned_to", {"status", "__assigned_to"}),
    ],
)
def test_a_tenant_may_have_rows_without_columns(start_tenant, pattern, gone):
    client = start_tenant(row_without=pattern)
    assert all(set(row) == ROW - gone for row in client.rows())
    assert not gone & {column["name"] for column in client.cases().json["columns"]}
    client.sandbox.world.switch(row_without="")
    assert all(set(row) == ROW for row in client.rows())


def test_lists_can_lag_behind(start_tenant):
    client = start_tenant(search_lag_lists=2)
    client.sandbox.world.edit(FIRST, status="Escalated")
    assert client.fields(FIRST)["status"] == "Escalated"
    seen = [FIRST in client.listed_ids(filters=filter_by(status="Escalated")) for _ in range(3)]
    assert seen == [False, False, True]


def test_pages_beyond_the_depth_are_refused(start_tenant):
    client = start_tenant(page_depth=2)
    assert [client.cases(page=n, items=5).status for n in (2, 3)] == [200, 400]


def test_a_long_list_is_serialised_once_per_version(start_tenant):
    client = start_tenant(tickets=200)
    store = client.sandbox.world.store
    first = client.rows(sort="id DESC")
    made = [store.current(str(row["id"])).views["case"] for row in first]
    client.sandbox.world.edit(FIRST, status="Escalated")
    assert client.rows(sort="id DESC") == first
    again = [store.current(str(row["id"])).views["case"] for row in first]
    assert all(a is b for a, b in zip(made, again, strict=True))


def test_the_same_page_for_ever(tenant):
    tenant.sandbox.world.faults.add(do="repeat_page", path="/Case", times="forever")
    pages = [tenant.cases(page=n, items=10).json for n in (1, 2, 9)]
    assert all(a["results"] == b["results"] for a, b in pairwise(pages))
    assert all(p["pagination"]["pages"] > p["pagination"]["page"] for p in pages)


def test_a_stale_page_shows_an_older_version_of_one_case(tenant):
    world = tenant.sandbox.world
    second = str(int(FIRST) + 1)
    before = {id_: world.row(id_) for id_ in (FIRST, second)}
    world.edit([FIRST, second], status="Escalated")
    world.faults.add(do="stale", path=r"/Case\?", ticket_id=FIRST)
    listed = {str(row["id"]): row for row in tenant.rows(items=2)}
    assert listed == {FIRST: before[FIRST], second: world.row(second)}
