"""An operator's database of the lineage "maintenance", and the QContact that it was filled from.

Half of the tickets are done here and open there, as the application's own push of closures never
worked. The others stand in every way that such a database has.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import psycopg

from sandbox.directory import MAIN_QUEUE_NAME
from sandbox.running import Sandbox
from tests.integration.lineage.maintenance import APPLICATION

JOB = "00000000-0000-4000-8000-00000000000e"
STAFF = "00000000-0000-4000-8000-00000000001e"
_STATUS_CHECK = "maintenance_tickets_status_check"
_PEOPLE = f"""
INSERT INTO users (id, first_name, last_name)
VALUES ('{JOB}', 'Job', NULL), ('{STAFF}', 'Thandi', 'Mokoena');
INSERT INTO staff (id, user_id) VALUES ('{STAFF}', '{STAFF}');
"""
_ROW = """
INSERT INTO maintenance_tickets (ticket_uid, source, external_id, title, description, type,
    ticket_category, category, status, priority, address, assigned_to, created_by,
    created_at)
VALUES (%(uid)s, %(source)s, %(external_id)s, %(title)s, %(description)s, 'maintenance',
    'maintenance', 'maintenance', %(status)s, %(priority)s, %(address)s, %(assigned_to)s, %(job)s,
    timestamptz '2026-01-01' + %(number)s * interval '1 minute')
"""
_NOTE = """
INSERT INTO maintenance_notes (ticket_id, visibility, content)
SELECT id, 'public', 'Called the customer' FROM maintenance_tickets
"""


class Stand(NamedTuple):
    """How a ticket stands: both statuses, and what a dry run counts it as."""

    here: str
    there: str
    kind: str


DONE_HERE = [
    Stand(here, there, "done_here")
    for here, there in (
        ("resolved", "Open"),
        ("resolved", "Assigned"),
        ("verified", "In Progress"),
        ("resolved", "Escalated"),
        ("cancelled", "Open"),
        ("closed", "Open"),
    )
]
OTHERS = [
    Stand("open", "Open", "agree"),
    Stand("in_progress", "Escalated", "agree"),
    Stand("resolved", "Solved", "agree"),
    Stand("resolved", "Closed", "agree"),
    Stand("assigned", "Assigned", "agree"),
    Stand("verified", "Solved", "agree"),
    Stand("triaged", "Open", "agree"),
    Stand("closed", "Closed", "agree"),
    Stand("in_progress", "In Progress", "agree"),
    Stand("blocked", "Pending Company Response", "agree"),
    Stand("qa_approved", "Reviewed", "agree"),
    Stand("assigned", "In Progress", "differ"),
    Stand("open", "Solved", "done_there"),
    Stand("new", "Open", "agree"),
    Stand("resolved", "Closed", "agree"),
]
OLD_WORDS = frozenset({"closed", "triaged", "blocked", "new", "pending"})
"""The application's CHECK refuses them, but for rows that were there before it."""


@dataclass
class Operator:
    """What was put into both sides.

    Attributes:
        linked: Number of rows whose ticket QContact has, by kind.
        duplicates: Further rows with the QContact id of one of them.
        new: QContact's tickets without a row.
        gone: Rows whose ticket QContact does not have.
        own: Rows that did not come from QContact.
        old_words: Rows with a status that the CHECK refuses.
        done_here: QContact's ids of those that are done here and open there.
    """

    linked: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    new: int = 0
    gone: int = 0
    own: int = 0
    old_words: Counter[str] = field(default_factory=Counter)
    done_here: list[str] = field(default_factory=list)


def fill(dsn: str, qcontact: Sandbox, tickets: int) -> Operator:
    """Make both sides.

    Args:
        dsn: An empty database, for its owner.
        tickets: So many rows have a ticket in QContact.
    """
    operator = Operator()
    rows = list(_rows(qcontact, tickets, operator))
    with psycopg.connect(dsn) as connection:
        connection.execute(APPLICATION.read_text().encode())
        connection.execute(_PEOPLE.encode())
        _without_its_check(connection, rows)
        connection.execute(_NOTE.encode())
    operator.new = 1 + tickets // 30
    for number in range(operator.new):
        status = "Closed" if number % 3 else "New"
        _add(qcontact, 900_000 + number, status)
    return operator


def _without_its_check(connection: psycopg.Connection, rows: list[dict[str, Any]]) -> None:
    """The rows are older than the CHECK on the status."""
    query = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s"
    found = connection.execute(query, [_STATUS_CHECK]).fetchone()
    assert found is not None
    table = b"ALTER TABLE maintenance_tickets "
    connection.execute(table + f"DROP CONSTRAINT {_STATUS_CHECK}".encode())
    connection.cursor().executemany(_ROW.encode(), rows)
    connection.execute(table + f"ADD CONSTRAINT {_STATUS_CHECK} {found[0]}".encode())


def _rows(qcontact: Sandbox, tickets: int, operator: Operator) -> Iterator[dict[str, Any]]:
    for number in range(tickets):
        is_first = number < tickets // 2
        stands = DONE_HERE if is_first else OTHERS
        stand = stands[number % len(stands)]
        remote_id = _add(qcontact, number, stand.there)
        operator.linked[stand.kind] += 1
        if stand.kind == "done_here":
            operator.done_here.append(remote_id)
        if stand.here in OLD_WORDS:
            operator.old_words[stand.here] += 1
        yield _row(number, remote_id, stand.here)
        if number % 300 == 7:
            operator.duplicates += 1
            yield _row(100_000 + number, remote_id, "open")
    operator.gone, operator.own = 1 + tickets // 100, 1 + tickets // 50
    for number in range(operator.gone):
        yield _row(200_000 + number, f"1111111{number:04}", "open")
    for number in range(operator.own):
        yield {**_row(300_000 + number, None, "open"), "source": "ad_hoc"}


def _row(number: int, remote_id: str | None, status: str) -> dict[str, Any]:
    """As the earlier job made it; of each third, staff changed something since."""
    is_changed = number % 3 == 0
    return {
        "number": number,
        "uid": f"VF-2026{1 + number // 100_000:02}01-{number % 100_000:03}",
        "source": "qcontact",
        "external_id": remote_id,
        "title": "Called by the app" if is_changed else _reference(number),
        "description": "No light" if is_changed else f"No light\n\nRed lamp {number}",
        "status": status,
        "priority": "normal",
        "address": "12 Main Road, Soweto",
        "assigned_to": STAFF if number % 4 == 0 else None,
        "job": JOB,
    }


def _reference(number: int) -> str:
    return f"FT{600_000 + number}"


def _add(qcontact: Sandbox, number: int, status: str) -> str:
    is_tenant = qcontact.dialect == "entities"
    staff = "Thandi Mokoena" if number % 4 == 0 else None
    return qcontact.world.add(
        title=f"No light {_reference(number)}",
        description=f"Red lamp {number}",
        category="maintenance",
        priority="normal",
        status=status,
        # Of some, QContact has no address: staff wrote it here.
        address=None if number % 10 == 9 else "12 Main Road, Soweto",
        assigned_to=MAIN_QUEUE_NAME if is_tenant else staff,
    )
