"""Runs by a mapping file, in both dialects: other words, other columns, and nothing by itself."""

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from qcontact_sync.config.access import Dialect
from qcontact_sync.core.errors import ConfigError, SyncError
from qcontact_sync.jobs import check_mapping

from sandbox.directory import MAIN_QUEUE_NAME
from sandbox.seeds import STAFF
from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

WORDS = """
[status.inbound]
Escalated = "escalated"
[status.outbound]
escalated = "Escalated"
[status.rank]
escalated = 2
[columns.ticket_type.words]
"Connectivity::*" = "incident"
[columns.title]
flow = "create"
"""


@pytest.fixture(params=["world", "tenant"])
def both(request: pytest.FixtureRequest) -> World:
    """An empty QContact of each dialect."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def given(tmp_path: Path):
    """Give a world a mapping file of this text."""

    def give(world: World, text: str) -> Path:
        path = tmp_path / "mapping.toml"
        path.write_text(text)
        world.configure(mapping_file=str(path))
        return path

    return give


def dialect_of(world: World) -> Dialect:
    return world.qcontact_access.dialect


def status_of(world: World, remote_id: str) -> tuple[str, str]:
    """(FibreFlow's, QContact's as `escalated`)."""
    there = world.remote(remote_id)["status"]
    return world.local(remote_id)["status"], there.replace("_", "").replace(" ", "").lower()


def test_words_go_both_ways_by_the_file_and_come_to_rest(both: World, given):
    given(both, WORDS)
    remote_id = both.add_ticket(status="Escalated", category="Connectivity::ONT/Gizzu")
    both.run()
    assert status_of(both, remote_id) == ("escalated", "escalated")
    assert both.local(remote_id)["ticket_type"] == "incident"

    both.set_local(remote_id, status="assigned")
    both.run()
    assert status_of(both, remote_id) == ("assigned", "assigned")
    both.set_local(remote_id, status="escalated")
    both.run()
    assert status_of(both, remote_id) == ("escalated", "escalated")

    sent, before = both.sent(), both.tickets_snapshot()
    for _ in range(2):
        assert both.run().status == "success"
    assert (both.sent(), both.tickets_snapshot()) == (sent, before)


def test_a_title_that_is_written_once_stays_as_it_is_here(both: World, given):
    given(both, WORDS)
    remote_id = both.add_ticket(title="No light")
    both.run()
    both.edit(remote_id, title="No light at all", description="since Monday")
    both.run(ticket_ids=[remote_id])
    local = both.local(remote_id)
    assert (local["title"], local["description"]) == ("No light", "since Monday")


@pytest.mark.parametrize("flow", ["inbound", "off"])
def test_a_status_that_is_not_sent_is_not_pending(both: World, given, flow: str):
    given(both, f'[status]\nflow = "{flow}"\n[assignment]\nflow = "{flow}"\n')
    user = both.add_user("Ann Example")
    remote_id = both.add_ticket(status="Open")
    both.run()
    both.set_local(remote_id, status="assigned", assigned_to=user)
    both.run()
    assert both.sent() == []
    before = both.tickets_snapshot()
    again = both.run()
    assert again.summary["outbound"]["processed"] == 0
    assert both.tickets_snapshot() == before
    assert both.local(remote_id)["status"] == "assigned"

    both.edit(remote_id, status="Solved")
    both.run()
    assert both.local(remote_id)["status"] == ("resolved" if flow == "inbound" else "assigned")


def test_a_changed_mapping_changes_nothing_by_itself(both: World, given):
    """Escalated was in_progress until now: neither side changed it, so neither is written."""
    remote_id = both.add_ticket(status="Escalated", category="Connectivity::ONT/Gizzu")
    both.run()
    assert status_of(both, remote_id) == ("in_progress", "escalated")
    before, sent = both.tickets_snapshot(), both.sent()

    given(both, WORDS)
    for _ in range(2):
        both.run()
    assert (both.tickets_snapshot(), both.sent()) == (before, sent)

    both.run(force_resync=True, ticket_ids=[remote_id])
    assert both.local(remote_id)["ticket_type"] == "incident"
    assert status_of(both, remote_id) == ("in_progress", "escalated")
    assert both.sent() == sent

    both.edit(remote_id, status="In Progress")
    both.run()
    both.edit(remote_id, status="Escalated")
    both.run()
    assert status_of(both, remote_id) == ("escalated", "escalated")


def test_the_effect_of_a_new_file_is_counted_before_it_is_used(both: World, tmp_path: Path):
    for _ in range(3):
        both.add_ticket(status="Escalated", category="Connectivity::ONT/Gizzu")
    both.add_ticket(status="Parked")
    both.run()
    path = tmp_path / "new.toml"
    path.write_text(WORDS)
    before = both.snapshot()

    checked = check_mapping(
        both.fibreflow_access, both.settings, dialect_of(both), path, is_against_live=True
    )

    assert checked.effects is not None
    assert checked.effects.links == 4
    counted = {(e.field, e.now, e.then, e.tickets) for e in checked.effects.effects}
    assert counted == {
        ("status", "in_progress", "escalated", 3),
        ("ticket_type", "maintenance", "incident", 3),
    }
    assert [(w.word, w.tickets) for w in checked.effects.unknown] == [("Parked", 1)]
    assert both.snapshot() == before


def test_a_file_with_faults_is_refused_before_anything_is_touched(both: World, given):
    both.add_ticket()
    given(both, '[status.inbound]\nWaiting = "waiting"\n[constants]\ntitle = "x"\n')
    before, requests = both.snapshot(), len(both.qcontact.requests)

    with pytest.raises(ConfigError) as caught:
        both.run()

    assert "waiting has no rank" in str(caught.value)
    assert "constants.title" in str(caught.value)
    assert (both.snapshot(), len(both.qcontact.requests)) == (before, requests)


def test_a_word_that_a_constraint_refuses_is_named_before_anything_is_touched(both: World, given):
    both.execute(
        "ALTER TABLE tickets ADD CHECK (status IN ('open', 'assigned', 'in_progress', 'pending_qa',"
        " 'qa_approved', 'resolved', 'closed', 'cancelled'))"
    )
    both.add_ticket()
    path = given(both, WORDS)
    before, requests = both.snapshot(), len(both.qcontact.requests)

    with pytest.raises(ConfigError, match="refuses escalated"):
        both.run()

    assert (both.snapshot(), len(both.qcontact.requests)) == (before, requests)
    checked = check_mapping(both.fibreflow_access, both.settings, dialect_of(both), path)
    assert any("escalated" in finding.text for finding in checked.refused)


def test_a_reference_can_be_the_title(both: World, given):
    given(both, '[ticket]\ntitle = "reference"\n')
    text = {"title": "No light FT499061", "description": "since Monday"}
    both.add_ticket(**text)
    both.run()
    (row,) = both.rows("SELECT title, description, ticket_uid FROM tickets")
    assert row["title"] == row["ticket_uid"]
    assert row["title"].startswith("FT")
    assert row["description"] == "No light\n\nsince Monday"


COLUMNS = """
[columns.client_contact]
source = "customer_phone"
max_length = 12
[columns.logged_on]
source = "created_at"
kind = "date"
flow = "create"
[constants]
channel = "qcontact"
[tickets.custom_fields]
access = "access_notes"
[entities.custom_fields]
c__access = "access_notes"
"""


def add_columns(world: World, **types: str) -> None:
    """FibreFlow's owner adds columns, and lets the sync's user write them."""
    user = conninfo_to_dict(world.database)["user"]
    names = ", ".join(types)
    world.execute(
        f"ALTER TABLE tickets {', '.join(f'ADD {name} {type_}' for name, type_ in types.items())}"
    )
    world.execute(f'GRANT INSERT ({names}), UPDATE ({names}) ON tickets TO "{user}"')


def test_columns_and_constants_of_the_file_are_written_and_come_to_rest(both: World, given):
    add_columns(
        both,
        access_notes="text",
        client_contact="varchar(12)",
        logged_on="date",
        channel="text NOT NULL",
    )
    given(both, COLUMNS)
    key = "access" if dialect_of(both) is Dialect.TICKETS else "c__access"
    remote_id = both.add_ticket(customer_phone="+27 82 000 0001", custom_fields={key: "gate 2"})
    result = both.run()
    assert result.status == "success", result.error_message
    local = both.local(remote_id)
    assert (local["access_notes"], local["channel"]) == ("gate 2", "qcontact")
    assert local["client_contact"] == "+27 82 000 …"
    assert local["logged_on"] is not None
    assert not any("+27 82" in str(row) for row in both.audit())

    before = both.tickets_snapshot()
    both.run()
    assert both.tickets_snapshot() == before

    both.edit(remote_id, custom_fields={key: "gate 3"})
    both.run(ticket_ids=[remote_id])
    assert both.local(remote_id)["access_notes"] == "gate 3"


def test_a_new_column_is_filled_for_tickets_that_were_linked_before(both: World, given):
    key = "access" if dialect_of(both) is Dialect.TICKETS else "c__access"
    remote_id = both.add_ticket(custom_fields={key: "gate 2"})
    both.run()
    add_columns(both, access_notes="text", client_contact="varchar(12)")
    given(both, COLUMNS.partition("[columns.logged_on]")[0] + COLUMNS.partition('"qcontact"')[2])
    both.run(ticket_ids=[remote_id])
    assert both.local(remote_id)["access_notes"] == "gate 2"


def test_a_column_that_is_not_there_is_named_before_anything_is_touched(both: World, given):
    both.add_ticket()
    given(both, COLUMNS)
    before, requests = both.snapshot(), len(both.qcontact.requests)
    with pytest.raises(SyncError) as caught:
        both.run()
    for name in ("access_notes", "client_contact", "logged_on", "channel"):
        assert name in str(caught.value)
    assert (both.snapshot(), len(both.qcontact.requests)) == (before, requests)


def test_internal_notes_leave_where_the_file_says_so(both: World, given):
    given(both, '[notes]\ninternal = "internal"\n')
    remote_id = both.add_ticket()
    both.run()
    both.add_note(remote_id, "checked the pole", "internal")
    both.run()
    assert both.notes_at(remote_id) == ["checked the pole"]


@pytest.mark.parametrize(("fate", "arrived"), [("internal", [True]), ("keep", [])])
def test_a_type_of_notes_leaves_as_the_file_says(both: World, given, fate: str, arrived):
    given(both, f'[notes]\nclient = "{fate}"\n')
    remote_id = both.add_ticket()
    both.run()
    both.add_note(remote_id, "we are on our way")
    both.run()
    assert [note["is_internal"] for note in both.qcontact.notes(remote_id)] == arrived
    again = both.run()
    assert again.summary["outbound"]["processed"] == 0


def test_notes_that_a_new_file_would_send_are_counted_before(both: World, tmp_path: Path):
    remote_ids = [both.add_ticket() for _ in range(2)]
    both.run()
    for remote_id in (*remote_ids, remote_ids[0]):
        both.add_note(remote_id, "checked the pole", "internal")
    both.add_note(remote_ids[0], "we are on our way")
    both.run()
    path = tmp_path / "new.toml"
    path.write_text('[notes]\ninternal = "internal"\n')
    checked = check_mapping(
        both.fibreflow_access, both.settings, dialect_of(both), path, is_against_live=True
    )
    assert checked.effects is not None
    assert [(e.field, e.tickets, e.when) for e in checked.effects.effects] == [
        ("notes", 2, "by the next run")
    ]


def test_people_of_the_file_are_assigned_both_ways_by_their_numbers(tenant: World, given):
    directory = tenant.qcontact.directory
    person, queue = STAFF[0], MAIN_QUEUE_NAME
    user = tenant.add_user("Known by another name here")
    given(
        tenant,
        f"""
        [assignment]
        queues = ["{directory.id_of(queue)}"]
        unassigned = "{directory.id_of(queue)}"
        [[assignment.people]]
        name = "{person}"
        user = "{user}"
        qcontact_id = "{directory.id_of(person)}"
        """,
    )
    remote_id = tenant.add_ticket(assigned_to=queue)
    tenant.run()
    assert tenant.local(remote_id)["assigned_to"] is None

    tenant.set_local(remote_id, assigned_to=user)
    tenant.run()
    assert tenant.remote(remote_id)["assigned_to"] in (person, directory.id_of(person))

    tenant.set_local(remote_id, assigned_to=None)
    tenant.run()
    assert tenant.remote(remote_id)["assigned_to"] in (queue, directory.id_of(queue))

    tenant.edit(remote_id, assigned_to=person)
    tenant.run()
    assert tenant.local(remote_id)["assigned_to"] == user
    sent = tenant.sent()
    tenant.run()
    assert tenant.sent() == sent
