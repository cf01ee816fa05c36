"""The earlier job's algorithm: page after page, three statements a ticket, each committed alone.

``PAGES``; database in DATABASE_URL, QContact in QCONTACT_API_URL. It keeps no links.
"""

import json
import os
import sys
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import psycopg

from tests.benchmarks.measuring import measured
from tests.benchmarks.tickets import PAGE

_STATUSES = {"new": "open", "in progress": "in_progress", "solved": "resolved"}
_CUSTOM = ("dr_number", "pole_number", "pon_number", "project_id", "zone_id")
_FIND = "SELECT id FROM tickets WHERE source = 'qcontact' AND external_id = %s"
_CREATE = """
INSERT INTO tickets (
    ticket_uid, source, external_id, title, description, ticket_type, priority, status, address,
    dr_number, pole_number, pon_number, project_id, zone_id
) VALUES (%s, 'qcontact', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
RETURNING id"""
_UPDATE = "UPDATE tickets SET title = %s, status = %s, priority = %s WHERE id = %s"
_LOG = """
INSERT INTO qcontact_sync_log (
    ticket_id, qcontact_ticket_id, sync_direction, sync_type, response_payload, status
) VALUES (%s, %s, 'inbound', 'create', %s, 'success')"""


def work(dsn: str, url: str, pages: int, key: str = "") -> None:
    """Bring all pages in; with the key of a QContact that asks for one."""
    address = urlsplit(url)
    remote = HTTPConnection(address.hostname or "", address.port or 80)
    admitted = {"Authorization": f"Bearer {key}"} if key else {}
    with closing(remote), psycopg.connect(dsn, autocommit=True) as connection:
        for page in range(1, pages + 1):
            remote.request("GET", f"/tickets?page={page}&page_size={PAGE}", headers=admitted)
            for made in json.loads(remote.getresponse().read())["data"]["tickets"]:
                _bring_in(connection, made)


def _bring_in(connection: psycopg.Connection[tuple[object, ...]], made: dict[str, object]) -> None:
    found = connection.execute(_FIND, (made["id"],)).fetchone()
    if found is None:
        found = connection.execute(_CREATE, _row(made)).fetchone()
    else:
        changed = (made["title"], _status(made), made["priority"], found[0])
        connection.execute(_UPDATE, changed)
    assert found is not None
    connection.execute(_LOG, (found[0], made["id"], json.dumps(made)))


def _status(made: dict[str, object]) -> str:
    word = str(made["status"]).lower()
    return _STATUSES.get(word, word)


def _row(made: dict[str, object]) -> tuple[object, ...]:
    custom = made.get("custom_fields") or {}
    assert isinstance(custom, dict)
    return (
        f"FT{str(made['id'])[-8:]}", made["id"], made["title"], made.get("description"),
        made["category"], made["priority"], _status(made), made.get("address"),
        *(custom.get(k) for k in _CUSTOM),
    )  # fmt: skip


if __name__ == "__main__":
    with measured():
        work(os.environ["DATABASE_URL"], os.environ["QCONTACT_API_URL"], int(sys.argv[1]))
