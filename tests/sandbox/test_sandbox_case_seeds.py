"""The seeded cases."""

import re

import pytest

from sandbox.directory import MAIN_QUEUE, QUEUES
from sandbox.seeds import STATUSES
from sandbox.world import World

NOW_S = 1_790_000_000.0


def _world(**options):
    return World(tickets=300, dialect="entities", now=lambda: NOW_S, **options)


@pytest.fixture(scope="module")
def world():
    return _world()


@pytest.fixture(scope="module")
def cases(world):
    return [world.case(id_) for id_ in world.tickets]


@pytest.fixture(scope="module")
def labels(cases):
    return [case["label"] for case in cases]


def _related(cases, name):
    return [case["relationships"][name] for case in cases]


def test_the_same_seed_gives_the_same_cases(world):
    assert _world().tickets == world.tickets
    assert _world(seed=2).tickets != world.tickets


def test_both_dialects_have_the_same_tickets_underneath(world):
    tickets = World(tickets=300, now=lambda: NOW_S).tickets
    assert list(tickets) == list(world.tickets)
    for name in ("description", "address", "customer_phone", "status", "created_at"):
        assert [t[name] for t in tickets.values()] == [t[name] for t in world.tickets.values()]


def test_labels_hold_the_reference_and_some_nothing_else(cases, labels):
    for case in cases:
        assert case["label"].endswith(f" {case['fields']['reference']}")
        assert re.fullmatch(r"FT\d{6}", case["fields"]["reference"])
    bare = [label for label in labels if re.fullmatch(r" FT\d+", label)]
    assert 20 < len(bare) < 60
    assert len(set(labels)) > 290
    assert max(map(len, labels)) > 255


def test_some_references_occur_twice(cases):
    references = [case["fields"]["reference"] for case in cases]
    assert 0 < len(references) - len(set(references)) < 10


def test_ids_have_eleven_digits(cases):
    ids = [case["id"] for case in cases]
    ids += [e["id"] for case in cases for e in case["relationships"].values() if e]
    assert {len(str(id_)) for id_ in ids} == {11}


def test_all_status_words_occur(world):
    shown = [world.row(id_)["status"] for id_ in world.tickets]
    assert tuple(shown[: len(STATUSES)]) == STATUSES
    assert set(shown) > set(STATUSES)


def test_categories(cases):
    categories = {case["fields"]["category"] for case in cases}
    assert {"Connectivity::ONT/Gizzu", "General|Maintenance", None} <= categories


def test_most_wait_in_the_main_queue_and_some_nowhere(cases):
    assignees = [case["fields"]["assigned_to"] for case in cases]
    assert 200 < assignees.count(MAIN_QUEUE) < 250
    assert 0 < assignees.count(None) < 10
    assert set(assignees) & (set(QUEUES) - {MAIN_QUEUE})
    assert {entity["type"] for entity in _related(cases, "assigned_to") if entity} == {
        "Queue",
        "User",
    }


def test_dr_numbers_are_spelled_in_several_ways(cases):
    spelled = [entity["label"] for entity in _related(cases, "c__dr_number") if entity]
    assert {re.sub(r"\d+", "#", dr) for dr in spelled} == {"DR#", "dr#", "DR #"}
    assert {len(dr) for dr in spelled if dr[2] != " "} == {7, 9}


@pytest.mark.parametrize("name", ["contact", "c__dr_number", "assigned_to"])
def test_some_relationships_are_null(cases, name):
    related = _related(cases, name)
    assert 0 < related.count(None) < len(related) / 2


def test_some_have_coordinates(cases):
    pins = [case["fields"]["c__location_pin"] for case in cases]
    assert sum(pin is not None and re.match(r"-\d+\.\d+,\d", pin) is not None for pin in pins) > 50
    assert pins.count(None) > 50
