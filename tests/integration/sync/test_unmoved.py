"""Tickets found to be the same without being read, beside the careful comparison of the same ones.

Whatever both sides and the mapping are like, none is found that the careful one would not find.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import md5
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb
from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.core.columns import Column, ColumnKind, Flow, Words
from qcontact_sync.core.comparison import RecordedState, Standing, TicketComparison
from qcontact_sync.core.fingerprint import fingerprint
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.merge import Policy
from qcontact_sync.core.model import ASSIGNED_TO, STATUS, RemoteId, RemoteTicket
from qcontact_sync.fibreflow.comparison_records import PostgresComparison
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.fibreflow.store import PostgresStore
from qcontact_sync.sync.comparing import judge
from qcontact_sync.sync.unmoved import UnmovedTickets
from qcontact_sync.sync.versions import may_be_older

from tests.depth import EXAMPLES
from tests.unit.core.core_values import ANN, BEN, PEOPLE, PROJECT, STRANGER

pytestmark = pytest.mark.integration

SEEN = datetime(2026, 11, 1, 10, tzinfo=UTC)
TEXTS: list[str | None] = [None, "a", "A", "abcd", "abc…", 'ab\\"c', "é", "long " * 800]
UUIDS: list[str | None] = [None, PROJECT, PROJECT.upper(), PROJECT.replace("-", ""), "none"]
THERE: dict[str, list[str | None]] = {
    STATUS: ["New", "in progress", "IN_PROGRESS", "Closed", "Weird", None],
    ASSIGNED_TO: ["Ann Example", "Ben Example", "Sam Twin", STRANGER, None],
    "title": ["a", "A", "abcd", "abc…", "é"],
    "description": TEXTS,
    "address": TEXTS,
    "priority": ["low", " LOW", "Medium", "blazing", None],
    "ticket_type": ["incident", "Installation", "odd", None],
    "dr_number": TEXTS[:6],
    "pole_number": [*TEXTS[:6], *UUIDS],
    "pon_number": TEXTS[:6],
    "project_id": UUIDS,
    "zone_id": UUIDS,
    "gps_coordinates": [
        None, "-26.0, 28", "-26,28", "1.10,2", "1.1,2", "91,0", "here", "1,2,3", "0,-0", "1e1,2",
        "1.1000000000000001,2", "٣,2", "-26,28 ",
    ],
    "ont_serial": TEXTS[:6],
    "ont_model": TEXTS[:6],
}  # fmt: skip
"""QContact's halves of a base."""
HERE: dict[str, list[str | None]] = {
    STATUS: ["open", "in_progress", "closed", "qa_rejected", "odd"],
    ASSIGNED_TO: [ANN, BEN, None],
    "title": THERE["title"],
    "description": TEXTS,
    "address": TEXTS,
    "priority": ["low", "normal", "urgent", None],
    "ticket_type": ["incident", "new_installation", "maintenance"],
    "dr_number": TEXTS[:6],
    "pole_number": [*TEXTS[:6], *UUIDS],
    "pon_number": TEXTS[:6],
    "project_id": [None, PROJECT],
    "zone_id": [None, PROJECT],
    "gps_coordinates": [None, "-26,28", "1.1,2", "91,0", "0,0", "10,2", "3,2"],
    "ont_serial": TEXTS[:6],
    "ont_model": TEXTS[:6],
}
"""Values of FibreFlow's columns."""


def changed(mapping: TicketMapping, name: str, **how: object) -> TicketMapping:
    columns = tuple(replace(c, **how) if c.name == name else c for c in mapping.columns)
    return replace(mapping, columns=columns)


MORE = Column("ont_model", "ont_model", max_length=4, is_custom=True)
WITH_MORE = replace(TICKETS, columns=(*TICKETS.columns, MORE))
MAPPINGS = {
    "usual": TICKETS,
    "one more column": WITH_MORE,
    "one more column, on creation": changed(WITH_MORE, "ont_model", flow=Flow.CREATE),
    "short titles": changed(TICKETS, "title", max_length=3),
    "addresses apart": changed(TICKETS, "address", flow=Flow.OFF),
    "positions on creation": changed(TICKETS, "gps_coordinates", flow=Flow.CREATE),
    "positions as text": changed(TICKETS, "gps_coordinates", kind=ColumnKind.TEXT),
    "zones as text": changed(TICKETS, "zone_id", kind=ColumnKind.TEXT),
    "poles as UUIDs": changed(TICKETS, "pole_number", kind=ColumnKind.UUID),
    "descriptions as categories": changed(TICKETS, "description", kind=ColumnKind.CATEGORY),
    "own priorities": changed(TICKETS, "priority", words=Words({"low": "urgent"}, "normal")),
    "types as text": changed(TICKETS, "ticket_type", kind=ColumnKind.TEXT),
    "statuses apart": replace(TICKETS, flows={STATUS: Flow.OFF, ASSIGNED_TO: Flow.INBOUND}),
}


@dataclass
class SettledTicket:
    """A link with its base and its row, and the ticket as QContact lists it."""

    link: dict[str, object]
    row: dict[str, str | None]
    listed: RemoteTicket


def digest_of(values: Mapping[str, str | None]) -> str:
    return md5(repr(sorted(values.items())).encode(), usedforsecurity=False).hexdigest()


def settled_ticket(
    agreed: Mapping[str, str | None], row: Mapping[str, str | None], **link: object
) -> SettledTicket:
    """A ticket that was settled, and is listed and held, as it is."""
    agreed_on = fingerprint(agreed)
    digest = digest_of(agreed)
    settled = {
        "base_status_local": row[STATUS],
        "base_assigned_local": row[ASSIGNED_TO],
        "base_remote": Jsonb(agreed),
        "fingerprint": agreed_on,
        "remote_updated_at": SEEN,
        "frozen": [],
        "received": md5(f"{digest}{agreed_on}".encode()).hexdigest(),
    }
    listed = RemoteTicket(RemoteId(""), agreed, SEEN, digest=digest)
    return SettledTicket(settled | link, dict(row), listed)


def as_brought_in(
    agreed: Mapping[str, str | None], mapping: TicketMapping
) -> dict[str, str | None]:
    """FibreFlow's columns, as inbound fills those that take the value."""
    brought, _ = mapping.to_new_local(agreed)
    typed = ("project_id", "zone_id", "gps_coordinates")
    return {
        **{name: pool[0] for name, pool in HERE.items()},
        **{n: value for n, value in brought.items() if n not in typed or value in HERE[n]},
        "ticket_type": brought.get("ticket_type") or "maintenance",
        STATUS: mapping.to_local_status(agreed.get(STATUS)) or "open",
        ASSIGNED_TO: PEOPLE.id_by_name.get(agreed.get(ASSIGNED_TO) or ""),
    }


def usual(mapping: TicketMapping) -> dict[str, str | None]:
    return {name: pool[0] for name, pool in THERE.items() if name in mapping.known_fields}


def each_combination(mapping: TicketMapping) -> Iterator[SettledTicket]:
    """Tickets of which one field has any of these values on either side."""
    for name in usual(mapping):
        bases = [usual(mapping) | {name: there} for there in THERE[name]]
        bases += [{n: v for n, v in usual(mapping).items() if n != name}]
        for agreed in bases if name != "title" else bases[:-1]:
            row = as_brought_in(agreed, mapping)
            for here in dict.fromkeys([row[name], *HERE[name]]):
                yield settled_ticket(agreed, row | {name: here})


@pytest.mark.parametrize("name", MAPPINGS)
def test_two_values_count_as_the_same_only_where_they_are(fibreflow_db: str, name: str):
    policy = Policy(MAPPINGS[name])
    tickets = write(fibreflow_db, list(each_combination(policy.mapping)))
    quick, careful = asyncio.run(both_ways(fibreflow_db, tickets, policy))
    assert {i: found for i, found in quick.items() if found != careful[i]} == {}


@st.composite
def settled_tickets(draw: st.DrawFn) -> SettledTicket:
    """Each may have been changed anywhere."""

    def drawn(pool: Mapping[str, list[str | None]]) -> dict[str, str | None]:
        names = draw(st.sets(st.sampled_from(sorted(usual(TICKETS))), max_size=2))
        return {name: draw(st.sampled_from(pool[name])) for name in names}

    agreed = usual(TICKETS) | drawn(THERE)
    row = as_brought_in(agreed, TICKETS)
    ticket = settled_ticket(agreed, row)
    if draw(st.booleans()):
        ticket.row |= drawn(HERE)
    if draw(st.booleans()):
        now = agreed | drawn(THERE)
        ticket.listed = ticket.listed._replace(values=now, digest=digest_of(now))
    stamps = st.sampled_from([SEEN, SEEN, None, SEEN - timedelta(seconds=1)])
    ticket.listed = ticket.listed._replace(updated_at=draw(stamps))
    ticket.link["remote_updated_at"] = draw(stamps)
    ticket.link["frozen"] = draw(st.sampled_from([[], [], [STATUS]]))
    if draw(st.booleans()):
        ticket.link["received"] = None
    if draw(st.booleans()):
        ticket.link["base_assigned_local"] = draw(st.sampled_from(HERE[ASSIGNED_TO]))
    return ticket


@settings(max_examples=EXAMPLES, suppress_health_check=[*HealthCheck])
@given(st.lists(settled_tickets(), min_size=5, max_size=20), st.booleans())
def test_comparison_without_reading_agrees_with_the_careful_one(
    fibreflow_db: str, drawn: list[SettledTicket], sends: bool
):
    policy = Policy(TICKETS, sends_assignment=sends)
    tickets = write(fibreflow_db, drawn)
    quick, careful = asyncio.run(both_ways(fibreflow_db, tickets, policy))
    assert {i: found for i, found in quick.items() if found != careful.get(i)} == {}


def test_every_unchanged_ticket_is_found_without_reading(fibreflow_db: str):
    agreed = usual(TICKETS) | {
        STATUS: "In Progress", ASSIGNED_TO: STRANGER, "title": "No light",
        "description": "long " * 900, "priority": "Medium", "dr_number": "DR1",
        "project_id": PROJECT, "zone_id": "Zone 7", "gps_coordinates": "-26.0, 28",
    }  # fmt: skip
    settled = settled_ticket(agreed, as_brought_in(agreed, TICKETS))
    touched = settled.listed._replace(updated_at=SEEN + timedelta(days=1), digest="another object")
    both = [settled, SettledTicket(settled.link, settled.row, touched)]
    tickets = write(fibreflow_db, both)
    quick, careful = asyncio.run(both_ways(fibreflow_db, tickets, Policy(TICKETS)))
    assert quick == careful
    assert [found.standing for found in quick.values()] == [Standing.SAME] * 2


def test_a_change_here_is_none_of_them_though_the_values_mean_the_same(fibreflow_db: str):
    """Nobody is as good as a name that no user has; taking somebody off a ticket is a change."""
    agreed = usual(TICKETS) | {ASSIGNED_TO: STRANGER}
    ticket = settled_ticket(agreed, as_brought_in(agreed, TICKETS), base_assigned_local=ANN)
    tickets = write(fibreflow_db, [ticket])
    quick, careful = asyncio.run(both_ways(fibreflow_db, tickets, Policy(TICKETS)))
    assert (quick, careful["T-0"].standing) == ({}, Standing.PENDING)


def test_columns_that_the_sync_may_not_read_are_not_read(fibreflow_db: str, runtime_db: str):
    user = sql.Identifier(conninfo_to_dict(runtime_db)["user"])
    ticket = settled_ticket(usual(TICKETS), as_brought_in(usual(TICKETS), TICKETS))
    tickets = write(fibreflow_db, [ticket])
    read = ["id", "closed_at", "ticket_uid", "external_id", "source", "created_at", *HERE]
    columns = sql.SQL(", ").join(map(sql.Identifier, read))
    with psycopg.connect(fibreflow_db) as connection:
        connection.execute(sql.SQL("REVOKE SELECT ON tickets FROM {}").format(user))
        connection.execute(sql.SQL("GRANT SELECT ({}) ON tickets TO {}").format(columns, user))
    quick, careful = asyncio.run(both_ways(runtime_db, tickets, Policy(TICKETS)))
    assert quick == careful != {}


def write(dsn: str, drawn: list[SettledTicket]) -> list[RemoteTicket]:
    """Make these the only tickets; returns what QContact lists."""
    links, rows, listed = [], [], []
    for number, ticket in enumerate(drawn):
        ids = {"remote_id": f"T-{number}", "ticket_id": uuid4()}
        place = ticket.row["gps_coordinates"]
        links.append(ids | ticket.link)
        rows.append(
            ticket.row
            | {"id": ids["ticket_id"], "ticket_uid": f"FT{number}", "source": "qcontact"}
            | {"gps_coordinates": place and ",".join(reversed(place.split(",")))}
        )
        listed.append(ticket.listed._replace(id=RemoteId(f"T-{number}")))
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        for table, made in (("tickets", rows), ("qcontact_ticket_link", links)):
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, made[0])),
                sql.SQL(", ").join(map(sql.Placeholder, made[0])),
            )
            cursor.executemany(insert, made)
    return listed


async def both_ways(
    dsn: str, tickets: list[RemoteTicket], policy: Policy
) -> tuple[dict[RemoteId, TicketComparison], dict[RemoteId, TicketComparison]]:
    """What is found without reading, and what the careful comparison says of all listed versions
    that are believed.
    """
    database = Database(dsn)
    reads = PostgresComparison(database, PostgresStore(database, mapping=policy.mapping))
    unmoved = UnmovedTickets(reads, PEOPLE, policy)
    prints = {ticket.id: fingerprint(ticket.values) for ticket in tickets}
    quick = {**await unmoved.recognised(tickets), **await unmoved.unchanged(prints, tickets)}
    known = await reads.look_up(tickets)
    await database.close()
    believed = [t for t in tickets if not may_be_older(t, prints[t.id], known[t.id])]
    return quick, {t.id: judge(t, known[t.id], RecordedState(), PEOPLE, policy) for t in believed}
