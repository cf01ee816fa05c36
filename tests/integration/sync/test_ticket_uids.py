"""The number that people know a ticket by: its case reference, else the next free one."""

import pytest

from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

ARABIC = "\u0664\u0669\u0669\u0660\u0666\u0661"


def uid(world: World, remote_id: str) -> str:
    return str(world.local(remote_id)["ticket_uid"])


def test_the_case_reference_in_the_title_is_the_uid(world: World):
    remote_id = world.add_ticket(title="Connection issue FT499061, again")
    world.run()
    assert uid(world, remote_id) == "FT499061"


def test_the_case_reference_in_the_id_is_the_uid(world: World):
    remote_id = world.qcontact.add(ticket_id="FT498001", title="No light")
    world.run()
    assert uid(world, remote_id) == "FT498001"


@pytest.mark.parametrize(
    "title",
    [
        "No light",
        "FT123",
        "XFT499061",
        "ft499061",
        "FT4990611",
        "FT999999999",
        "FT999999999999999999",
        "FT\u0664\u0669\u0669\u0660\u0666\u0661",
    ],
    ids=[
        "none",
        "short",
        "inside-a-word",
        "small-letters",
        "seven-digits",
        "nine-digits",
        "eighteen-digits",
        "other-digits",
    ],
)
def test_without_a_reference_it_is_the_next_free_number(world, title):
    remote_id = world.add_ticket(title=title)
    world.run()
    assert uid(world, remote_id) == "FT100001"


def test_a_reference_that_is_taken_is_not_taken_again(world: World):
    world.add_local(None, source="ad_hoc", ticket_uid="FT499061")
    remote_id = world.add_ticket(title="Connection issue FT499061")
    world.run()
    assert uid(world, remote_id) == "FT499062"


def test_a_reference_twice_in_a_batch_goes_to_one_of_them(world: World):
    ids = [world.add_ticket(title="Connection issue FT499061") for _ in range(3)]
    world.run()
    uids = [uid(world, remote_id) for remote_id in ids]
    assert uids.count("FT499061") == 1
    assert len(set(uids)) == 3


def test_numbers_go_on_behind_the_highest_in_use(world: World):
    world.add_local(None, source="ad_hoc", ticket_uid="FT499061")
    ids = [world.add_ticket() for _ in range(3)]
    world.run()
    assert sorted(uid(world, i) for i in ids) == ["FT499062", "FT499063", "FT499064"]


def test_numbers_that_the_app_takes_meanwhile_are_stepped_over(world: World):
    world.add_ticket()
    world.run()
    for number in (100002, 100003, 100005):
        world.add_local(None, source="ad_hoc", ticket_uid=f"FT{number}")
    # The counter's own look at the table is once per run; these come in behind it.
    world.execute("SELECT setval('qcontact_ticket_uid_seq', 100001)")
    ids = [world.add_ticket() for _ in range(2)]
    world.run()
    uids = {uid(world, i) for i in ids}
    assert len(uids) == 2
    assert not uids & {"FT100002", "FT100003", "FT100005"}


def test_a_number_made_here_never_meets_a_reference_of_the_same_batch(world: World):
    ids = [world.add_ticket(), world.add_ticket(title="FT100001"), world.add_ticket()]
    world.run()
    assert sorted(uid(world, i) for i in ids) == ["FT100001", "FT100002", "FT100003"]


@pytest.mark.parametrize("highest", [999_998, 999_999, 1_000_000, 123_456_789])
def test_numbers_grow_beyond_six_digits(world, highest):
    world.add_local(None, source="ad_hoc", ticket_uid=f"FT{highest}")
    ids = [world.add_ticket() for _ in range(3)]
    world.run()
    assert {uid(world, i) for i in ids} == {f"FT{highest + n}" for n in (1, 2, 3)}


def test_a_reference_in_a_title_does_not_drive_the_counter(world: World):
    """Anybody who writes to the call centre can put one into a title."""
    first = world.add_ticket(title="FT900000")
    world.run()
    others = [world.add_ticket() for _ in range(2)]
    world.run()
    assert uid(world, first) == "FT900000"
    assert sorted(uid(world, i) for i in others) == ["FT100001", "FT100002"]


def test_a_reference_far_beyond_the_highest_number_is_not_taken(world: World):
    world.add_local(None, source="ad_hoc", ticket_uid="FT499061")
    near, far = world.add_ticket(title="FT599061"), world.add_ticket(title="FT999999")
    world.run()
    assert uid(world, near) == "FT599061"
    assert uid(world, far) == "FT499062"


def test_300_tickets_with_references_used_twice_have_300_numbers(seeded_world: World):
    seeded_world.run()
    assert seeded_world.value("SELECT count(DISTINCT ticket_uid) FROM tickets") == 300
    assert seeded_world.value("SELECT bool_and(ticket_uid ~ '^FT[0-9]{6}$') FROM tickets")
