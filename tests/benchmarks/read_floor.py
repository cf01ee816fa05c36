"""R: every link with its row read once, a thousand at a time, and dropped. DATABASE_URL."""

import os

import psycopg
from psycopg import sql

from tests.benchmarks.measuring import measured

BATCH = 1_000
_LINK = (
    "remote_id", "ticket_id", "base_status_local", "base_assigned_local", "base_remote",
    "fingerprint", "remote_updated_at", "frozen",
)  # fmt: skip
_TICKET = (
    "id", "ticket_uid", "title", "description", "ticket_type", "priority", "status", "address",
    "dr_number", "pole_number", "pon_number", "project_id", "zone_id", "gps_coordinates",
    "ont_serial", "assigned_to", "closed_at",
)  # fmt: skip
_QUERY = """
SELECT {}
FROM qcontact_ticket_link AS link
INNER JOIN tickets AS ticket ON ticket.id = link.ticket_id"""


def read(dsn: str) -> int:
    """The number of rows."""
    columns = [sql.Identifier("link", name) for name in _LINK]
    columns += [sql.Identifier("ticket", name) for name in _TICKET]
    rows = 0
    with psycopg.connect(dsn) as connection, connection.cursor("every_row") as cursor:
        cursor.execute(sql.SQL(_QUERY).format(sql.SQL(", ").join(columns)))
        while batch := cursor.fetchmany(BATCH):
            rows += len(batch)
    return rows


if __name__ == "__main__":
    with measured() as measurement:
        measurement.facts["rows"] = read(os.environ["DATABASE_URL"])
