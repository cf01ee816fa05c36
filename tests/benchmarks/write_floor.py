"""W: the rows of a first import written and nothing else. ``TICKETS``; database in DATABASE_URL.

COPY into a stage, then one statement for tickets, links and audit rows, a thousand tickets a
transaction, into the same tables that the sync writes. The tickets are made beforehand; making
rows of them counts.
"""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from uuid import uuid4

import psycopg
from psycopg import sql

from tests.benchmarks.measuring import measured
from tests.benchmarks.tickets import ticket

BATCH = 1_000
_CUSTOM = ("dr_number", "pole_number", "pon_number", "project_id", "zone_id")
_TEXTS = ("title", "description", "status", "priority", "category", "address")
_NOT_IN_AUDIT = ("customer_name", "customer_phone", "customer_email")
_COLUMNS = (
    "ticket_id",
    "ticket_uid",
    "remote_id",
    "updated_at",
    *_TEXTS,
    *_CUSTOM,
    "base",
    "payload",
)
_STAGE = """
CREATE TEMP TABLE stage (
    ticket_id uuid, ticket_uid text, remote_id text, updated_at timestamptz, title text,
    description text, status text, priority text, category text, address text, dr_number text,
    pole_number text, pon_number text, project_id uuid, zone_id uuid, base jsonb, payload jsonb
)"""
_MERGE = """
WITH written AS (
    INSERT INTO tickets (
        id, ticket_uid, source, external_id, title, description, ticket_type, priority, status,
        address, dr_number, pole_number, pon_number, project_id, zone_id
    )
    SELECT
        ticket_id, ticket_uid, 'qcontact', remote_id, title, description, category, priority,
        status, address, dr_number, pole_number, pon_number, project_id, zone_id
    FROM stage
    RETURNING id
), linked AS (
    INSERT INTO qcontact_ticket_link (
        remote_id, ticket_id, base_status_local, base_remote, fingerprint, remote_updated_at
    )
    SELECT remote_id, ticket_id, status, base, md5(remote_id), updated_at FROM stage
)
INSERT INTO qcontact_sync_log (
    ticket_id, qcontact_ticket_id, sync_direction, sync_type, response_payload, status
)
SELECT ticket_id, remote_id, 'inbound', 'create', payload, 'success' FROM stage"""


def write(dsn: str, made: Sequence[dict[str, object]]) -> None:
    """Write all tickets with links and audit rows."""
    columns = sql.SQL(", ").join(map(sql.Identifier, _COLUMNS))
    copy = sql.SQL("COPY stage ({}) FROM STDIN").format(columns)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_STAGE)
        for start in range(0, len(made), BATCH):
            with connection.transaction(), connection.cursor() as cursor:
                with cursor.copy(copy) as stream:
                    for row in _rows(made[start : start + BATCH], start):
                        stream.write_row(row)
                cursor.execute(_MERGE)
                cursor.execute("TRUNCATE stage")


def _rows(batch: Iterable[dict[str, object]], start: int) -> Iterable[tuple[object, ...]]:
    for number, made in enumerate(batch, start):
        custom = made["custom_fields"]
        assert isinstance(custom, dict)
        texts = [made[name] for name in _TEXTS]
        base = json.dumps({name: made[name] for name in _TEXTS} | custom)
        payload = json.dumps({k: v for k, v in made.items() if k not in _NOT_IN_AUDIT})
        yield (
            uuid4(), f"FT{number:08d}", made["id"], made["updated_at"], *texts,
            *(custom[name] for name in _CUSTOM), base, payload,
        )  # fmt: skip


if __name__ == "__main__":
    count = int(sys.argv[1])
    tickets = [ticket(number, count) for number in range(1, count + 1)]
    with measured():
        write(os.environ["DATABASE_URL"], tickets)
