"""The earlier job's algorithm: page after page, three statements a ticket, each committed alone.

``PAGES``; database in DATABASE_URL, QContact in QCONTACT_API_URL. It keeps no links.
"""

import json
import os
import sys
from http.client import HTTPConnection
from urllib.parse import urlsplit

import psycopg

from tests.benchmarks.measuring import measured
from tests.benchmarks.tickets import PAGE

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


def work(dsn: str, url: str, pages: int) -> None:
    """Bring all pages in."""
    address = urlsplit(url)
    remote = HTTPConnection(address.hostname or "", address.port or 80)
    with psycopg.connect(dsn, autocommit=True) as connection:
        for page in range(1, pages + 1):
            remote.request("GET", f"/tickets?page={page}&page_size={PAGE}")
            for made in json.loads(remote.getresponse().read())["data"]["tickets"]:
                _bring_in(connection, made)


def _bring_in(connection: psycopg.Connection[tuple[object, ...]], made: dict[str, object]) -> None:
    found = connection.execute(_FIND, (made["id"],)).fetchone()
    if found is None:
        found = connection.execute(_CREATE, _row(made)).fetchone()
    else:
        connection.execute(_UPDATE, (made["title"], made["status"], made["priority"], found[0]))
    assert found is not None
    connection.execute(_LOG, (found[0], made["id"], json.dumps(made)))


def _row(made: dict[str, object]) -> tuple[object, ...]:
    custom = made["custom_fields"]
    assert isinstance(custom, dict)
    return (
        f"FT{str(made['id'])[-8:]}", made["id"], made["title"], made["description"],
        made["category"], made["priority"], made["status"], made["address"],
        *(custom[k] for k in ("dr_number", "pole_number", "pon_number", "project_id", "zone_id")),
    )  # fmt: skip


if __name__ == "__main__":
    with measured():
        work(os.environ["DATABASE_URL"], os.environ["QCONTACT_API_URL"], int(sys.argv[1]))
