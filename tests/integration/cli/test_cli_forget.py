"""``forget``: after it nothing of an erased ticket is left but emptied rows of the audit."""

import pytest

from tests.database import tuples as query
from tests.integration.cli.command_line import edit_there

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

SECRET_TEXT = "Mrs. Example of 12 Sample Road has no light"
OF_A_TICKET = (
    "qcontact_ticket_link",
    "qcontact_conflict",
    "qcontact_quarantine",
    "qcontact_note",
    "qcontact_listed_row",
    "qcontact_unlinked",
)


@pytest.fixture
def ticket(program, qcontact, fibreflow_db):
    """A ticket of which the sync keeps something everywhere."""
    remote_id = sorted(qcontact.world.tickets)[0]
    edit_there(qcontact, remote_id, status="Open", description=SECRET_TEXT)
    program("run", "--ticket-id", remote_id)
    query(
        fibreflow_db,
        "INSERT INTO ticket_notes (ticket_id, note_type, content)"
        f" SELECT id, 'client', 'told' FROM tickets WHERE external_id = '{remote_id}'",
    )
    set_here(fibreflow_db, remote_id, "in_progress")
    edit_there(qcontact, remote_id, status="Assigned")
    program("run", "--ticket-id", remote_id)
    return remote_id


def set_here(dsn, remote_id, status):
    query(dsn, f"UPDATE tickets SET status = '{status}' WHERE external_id = '{remote_id}'")


def erase(dsn, qcontact, remote_id):
    """On both sides, as the operator's people do."""
    query(dsn, f"DELETE FROM tickets WHERE external_id = '{remote_id}'")
    query(dsn, "DELETE FROM ticket_notes WHERE ticket_id NOT IN (SELECT id FROM tickets)")
    qcontact.world.delete([remote_id])


def rows_of(dsn, remote_id):
    return {
        table: query(dsn, f"SELECT count(*) FROM {table} WHERE remote_id = '{remote_id}'")[0][0]
        for table in OF_A_TICKET
    }


def audit_of(dsn, remote_id):
    return query(
        dsn,
        "SELECT request_payload, response_payload FROM qcontact_sync_log"
        f" WHERE qcontact_ticket_id = '{remote_id}' AND sync_type <> 'full_sync'",
    )


def test_nothing_is_left_but_emptied_rows_of_the_audit(owner, qcontact, fibreflow_db, ticket):
    before = audit_of(fibreflow_db, ticket)
    assert SECRET_TEXT in str(before)
    kept = rows_of(fibreflow_db, ticket)
    assert kept["qcontact_ticket_link"] == kept["qcontact_conflict"] == kept["qcontact_note"] == 1
    erase(fibreflow_db, qcontact, ticket)

    ended = owner("forget", ticket, "--json")

    assert ended.exit_status == 0, ended.stderr
    assert ended.document == {
        "remote_id": ticket,
        "links": 1,
        "conflicts": 1,
        "quarantined": 0,
        "notes": 1,
        "payloads": len(before),
    }
    assert set(rows_of(fibreflow_db, ticket).values()) == {0}
    for sent, received in audit_of(fibreflow_db, ticket):
        assert (sent.keys(), received) == ({"forgotten_at", "by"}, None)


def test_the_uuid_that_it_had_is_an_id_too(owner, qcontact, fibreflow_db, ticket):
    ((uuid,),) = query(fibreflow_db, f"SELECT id FROM tickets WHERE external_id = '{ticket}'")
    erase(fibreflow_db, qcontact, ticket)
    ended = owner("forget", str(uuid).upper())
    assert ended.exit_status == 0, ended.stderr
    assert f"QContact ticket {ticket}" in ended.stdout


def test_a_second_time_changes_nothing(owner, qcontact, fibreflow_db, ticket):
    erase(fibreflow_db, qcontact, ticket)
    owner("forget", ticket)
    before = audit_of(fibreflow_db, ticket)
    assert owner("forget", ticket, "--json").document["payloads"] == 0
    assert audit_of(fibreflow_db, ticket) == before


def test_other_tickets_keep_everything(owner, program, qcontact, fibreflow_db, ticket):
    other = sorted(qcontact.world.tickets)[1]
    program("run", "--ticket-id", other)
    before = rows_of(fibreflow_db, other), audit_of(fibreflow_db, other)
    erase(fibreflow_db, qcontact, ticket)
    owner("forget", ticket)
    assert (rows_of(fibreflow_db, other), audit_of(fibreflow_db, other)) == before


def test_a_ticket_that_fibreflow_still_has_is_refused(owner, fibreflow_db, ticket):
    before = rows_of(fibreflow_db, ticket), audit_of(fibreflow_db, ticket)
    ended = owner("forget", ticket)
    assert (ended.exit_status, ended.stdout) == (1, "")
    assert f"FibreFlow still has ticket {ticket}: erase it there" in ended.stderr
    assert (rows_of(fibreflow_db, ticket), audit_of(fibreflow_db, ticket)) == before


def test_an_unknown_id_is_told(owner):
    ended = owner("forget", "no-such-ticket", "--json")
    assert ended.exit_status == 1
    assert ended.document["error"]["code"] == "NOT_FOUND"


def test_the_role_of_the_sync_may_not(program, qcontact, fibreflow_db, ticket):
    erase(fibreflow_db, qcontact, ticket)
    ended = program("forget", ticket)
    assert ended.exit_status == 2
    assert "may not change table qcontact_" in ended.stderr
    assert rows_of(fibreflow_db, ticket)["qcontact_ticket_link"] == 1


@pytest.fixture
def owner(program, fibreflow_db):
    """The program with the address of the role that owns the tables."""
    return program.having(DATABASE_URL=fibreflow_db)
