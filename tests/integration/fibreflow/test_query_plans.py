"""At a million tickets, what is asked by id or by batch reads these rows and no table.

`make test` has a twentieth of them, and asks for a twentieth.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from qcontact_sync.core.note_rules import SENT
from qcontact_sync.fibreflow.note_records import note_params
from qcontact_sync.fibreflow.statements import statement
from qcontact_sync.jobs import migrate

from dev.database.postgres import drop_database, ensure_database
from dev.state import PROJECT
from tests.depth import IS_DEEP

pytestmark = pytest.mark.integration

TICKETS = 1_000_000 if IS_DEEP else 50_000
ASKED = TICKETS // 1_000
"""Tickets of a batch."""
OPTIONAL = PROJECT / "include" / "sql" / "optional" / "indexes_on_fibreflow.sql"
JOB = uuid.UUID(int=1)
REMOTE_IDS = [str(number) for number in range(1, TICKETS, TICKETS // ASKED)]
A_FEW = REMOTE_IDS[: ASKED // 50]
IMPORTED = [str(number) for number in range(1, 1_000_000, 1_000)]
IN = {"direction": "inbound"}
TICKET_IDS = [uuid.UUID(int=number) for number in range(1, TICKETS, TICKETS // ASKED)]
SEED = (
    """
    INSERT INTO tickets (id, ticket_uid, source, external_id, title, ticket_type, status)
    SELECT
        lpad(to_hex(n), 32, '0')::uuid, 'FT' || lpad(n::text, 7, '0'), 'qcontact', n::text,
        'No light', 'maintenance', 'open'
    FROM generate_series(1, %(tickets)s) AS n""",
    """
    INSERT INTO qcontact_ticket_link (
        remote_id, ticket_id, base_status_local, base_remote, fingerprint
    )
    SELECT external_id, id, status, '{"status": "Open"}', md5(external_id) FROM tickets""",
    """
    INSERT INTO qcontact_sync_log (
        ticket_id, qcontact_ticket_id, sync_direction, sync_type, status
    )
    SELECT id, external_id, 'inbound', 'create', 'success' FROM tickets""",
    """
    INSERT INTO ticket_notes (ticket_id, note_type, content)
    SELECT id, 'client', 'On site' FROM tickets LIMIT 10000""",
)
PENDING: dict[str, Any] = {
    "remote_ids": None,
    "ticket_ids": None,
    "window_start": None,
    "window_end": None,
    **note_params(SENT),
}
REFUSED = """
    INSERT INTO qcontact_quarantine (
        remote_id, direction, sync_type, error_code, error_message, job_id
    )
    SELECT 'refused ' || n, 'inbound', 'create', 'VALIDATION_ERROR', 'refused', gen_random_uuid()
    FROM generate_series(1, 20000) AS n"""
BY_ID_OR_BATCH = {
    "match_links": {"remote_ids": REMOTE_IDS, "fingerprints": REMOTE_IDS, "is_forced": False},
    "match_unmoved": {
        "remote_ids": REMOTE_IDS,
        "digests": REMOTE_IDS,
        "fingerprints": REMOTE_IDS,
        "stamps": [],
        "ignored": [],
        "uuids": [],
        "longest": "{}",
    },
    "lock_tickets": {"ticket_ids": TICKET_IDS},
    "read_tickets": {"ticket_ids": TICKET_IDS},
    "find_unlinked": {"remote_ids": REMOTE_IDS},
    "read_links": {"remote_ids": REMOTE_IDS},
    "count_sent": {"remote_ids": REMOTE_IDS, "updated": 0},
    "mark_gone": {"remote_ids": REMOTE_IDS},
    "match_received": {**IN, "remote_ids": REMOTE_IDS, "digests": REMOTE_IDS},
    "release_quarantine": {**IN, "remote_ids": REMOTE_IDS},
    "taken_ticket_uids": {"ticket_uids": [f"FT{i:0>7}" for i in REMOTE_IDS]},
    "resolve_ids": {"given": A_FEW},
    "list_due": {"direction": "inbound", "limit": 500},
    "list_notes_to_send": {"remote_ids": REMOTE_IDS[:200], **note_params(SENT)},
    "agree_assignments": {"ticket_ids": TICKET_IDS},
    "renew_marks": {"ticket_ids": TICKET_IDS, **note_params(SENT)},
    "ticket_history": {"remote_id": "17", "limit": 50},
    "list_quarantine": {
        "wanted": None,
        "direction": None,
        "error_code": None,
        "state": None,
        "limit": 100,
    },
    "list_conflicts": {"id": None, "remote_ids": None, "limit": None, "offset": 0},
}


@pytest.fixture(scope="module")
def many_tickets(pg_server: str) -> Iterator[str]:
    """DSN of a database with so many linked tickets, and the optional indexes."""
    name = f"many_tickets_{uuid.uuid4().hex}"
    dsn = ensure_database(pg_server, name)
    migrate(dsn)
    with psycopg.connect(dsn) as connection:
        for statement_text in SEED:
            connection.execute(statement_text.encode(), {"tickets": TICKETS})
    with psycopg.connect(dsn, autocommit=True) as connection:
        for index in _statements(OPTIONAL):
            connection.execute(index.encode())
        connection.execute("VACUUM ANALYZE")
    yield dsn
    drop_database(pg_server, name)


@pytest.mark.parametrize("name", sorted(BY_ID_OR_BATCH))
def test_what_is_asked_by_id_or_batch_scans_no_large_table(many_tickets: str, name: str) -> None:
    scanned = _scanned(many_tickets, name, BY_ID_OR_BATCH[name])
    assert scanned.isdisjoint({"tickets", "qcontact_sync_log", "qcontact_ticket_link"})


def test_a_long_quarantine_is_looked_up_by_key(fibreflow_db: str) -> None:
    with psycopg.connect(fibreflow_db) as connection:
        for statement_text in (*SEED[:2], REFUSED):
            connection.execute(statement_text.encode(), {"tickets": 20_000})
        connection.execute("ANALYZE")
    asked = {**IN, "remote_ids": IMPORTED, "digests": IMPORTED}
    assert "qcontact_quarantine" not in _scanned(fibreflow_db, "match_received", asked)


@pytest.mark.parametrize(
    ("name", "asked", "more"),
    [
        ("find_unlinked", {"remote_ids": IMPORTED}, 0),
        ("match_received", {**IN, "remote_ids": IMPORTED, "digests": IMPORTED}, 2_000),
        ("next_ticket_uids", {"count": 1_000}, 4_000),
    ],
)
def test_the_first_import_looks_up_by_id(
    fibreflow_db: str, name: str, asked: dict[str, Any], more: int
) -> None:
    """Nothing has made statistics by then, and a guess about new tables cost seconds a batch.

    Args:
        more: Rows that pass from one node of the plan to the next, at most.
    """
    with psycopg.connect(fibreflow_db) as connection:
        for statement_text in SEED[:2]:
            connection.execute(statement_text.encode(), {"tickets": 20_000})
    nodes = _nodes(fibreflow_db, name, asked, "EXPLAIN (FORMAT JSON, ANALYZE)")
    assert sum(map(_rows_read, nodes)) <= len(IMPORTED) + more


def test_finding_what_is_pending_reads_links_and_tickets_once(many_tickets: str) -> None:
    relations = [
        node.get("Relation Name") for node in _nodes(many_tickets, "list_pending", PENDING)
    ]
    assert relations.count("tickets") == 1
    assert relations.count("qcontact_ticket_link") <= 2  # once more by key, for what is held back


@pytest.mark.parametrize("asked", [{"remote_ids": A_FEW}, {"ticket_ids": TICKET_IDS}])
def test_finding_what_is_pending_of_a_few_tickets_scans_no_large_table(
    many_tickets: str, asked: dict[str, Any]
) -> None:
    scanned = _scanned(many_tickets, "list_pending", {**PENDING, **asked})
    assert scanned.isdisjoint({"tickets", "qcontact_ticket_link"})


def _scanned(dsn: str, name: str, params: dict[str, Any]) -> set[str]:
    """The tables that a query reads from one end to the other."""
    nodes = _nodes(dsn, name, params)
    return {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}


def _rows_read(node: dict[str, Any]) -> float:
    return float(
        node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
    )


def _nodes(
    dsn: str, name: str, params: dict[str, Any], explain: str = "EXPLAIN (FORMAT JSON)"
) -> list[dict[str, Any]]:
    given = {"job_id": JOB, "now": datetime.now(UTC), **params}
    with psycopg.connect(dsn) as connection:
        explained = connection.execute(f"{explain} {statement(name)}".encode(), given).fetchone()
        connection.rollback()
    assert explained is not None
    return list(_below(explained[0][0]["Plan"]))


def _below(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for part in node.get("Plans", ()):
        yield from _below(part)


def _statements(path: Path) -> list[str]:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("--")]
    return [part for part in "\n".join(lines).split(";") if part.strip()]
