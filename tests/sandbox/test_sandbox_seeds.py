from collections import Counter

import pytest

from sandbox.instants import parse_instant
from sandbox.seeds import AREAS, OTHER_SPELLINGS, STATUSES, UNKNOWN_STATUSES, make_tickets

UNTIL = parse_instant("2026-06-01T00:00:00Z")
KNOWN_CUSTOM = {
    "dr_number", "pole_number", "pon_number", "project_id", "zone_id", "gps_coordinates",
    "ont_serial",
}  # fmt: skip


@pytest.fixture(scope="module")
def seeds():
    return list(make_tickets(300, seed=1, until=UNTIL))


@pytest.fixture(scope="module")
def fields(seeds):
    return [seed.fields for seed in seeds]


def test_the_same_seed_gives_the_same_tickets(seeds):
    assert list(make_tickets(300, seed=1, until=UNTIL)) == seeds
    assert list(make_tickets(300, seed=2, until=UNTIL)) != seeds


def test_more_tickets_begin_with_the_same_ones(seeds):
    assert list(make_tickets(350, seed=1, until=UNTIL))[:300] == seeds


def test_every_status_occurs_in_the_first_few_and_unknown_ones_later(fields):
    assert tuple(f["status"] for f in fields[: len(STATUSES)]) == STATUSES
    rest = {f["status"] for f in fields}
    assert rest & set(UNKNOWN_STATUSES)
    assert rest & set(OTHER_SPELLINGS)


def test_people_are_plainly_invented(fields):
    assert all(f["customer_phone"].startswith("+27 00 ") for f in fields)
    emails = [f["customer_email"] for f in fields if f["customer_email"]]
    assert all(email.endswith("@example.test") and email.isascii() for email in emails)


def test_places_lie_in_south_african_cities(fields):
    places = [(f["custom_fields"] or {}).get("gps_coordinates", "see map") for f in fields]
    points = [tuple(map(float, p.split(","))) for p in places if p != "see map"]
    assert len(points) > 200
    for latitude, longitude in points:
        assert any(
            abs(latitude - a.latitude) < 0.03 and abs(longitude - a.longitude) < 0.03 for a in AREAS
        )


def test_awkward_values_occur(fields):
    assert any(f["custom_fields"] is None for f in fields)
    assert any((f["custom_fields"] or {}).keys() - KNOWN_CUSTOM for f in fields)
    assert any(f["description"] is None for f in fields)
    assert any("\u0000" in (f["description"] or "") for f in fields)
    assert any(len(f["title"]) > 255 for f in fields)
    assert any(f["category"] is None for f in fields)
    assert {"P2", "asap", ""} & {f["priority"] for f in fields}


def test_titles_carry_case_references_some_of_them_twice(fields):
    references = Counter(
        word for f in fields for word in f["title"].split() if word.startswith("FT49")
    )
    assert sum(references.values()) >= 90
    assert max(references.values()) == 2


def test_stamps_lie_in_the_past_months_and_some_are_shared(seeds):
    assert all(seed.created <= seed.updated < UNTIL for seed in seeds)
    assert max(Counter(seed.updated for seed in seeds).values()) == 15
