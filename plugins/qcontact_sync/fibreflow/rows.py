"""Conversions between the core's values and rows or JSON of the database."""

from collections.abc import Collection, Iterable, Mapping
from hashlib import md5
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from qcontact_sync.core.columns import point_text
from qcontact_sync.core.decision import Conflict, DecisionKind, TicketDecision
from qcontact_sync.core.model import (
    ASSIGNED_TO,
    STATUS,
    SYNCED_FIELDS,
    Base,
    FlipFlop,
    Link,
    LocalId,
    LocalTicket,
    RemoteId,
)
from qcontact_sync.fibreflow.unit_of_work import OpenUnit

_AUDITED_VALUES = frozenset(SYNCED_FIELDS) - {"description", "address", "gps_coordinates"}
"""Fields whose values the audit keeps; other columns of a mapping may hold personal data."""


def text_array(texts: Collection[str]) -> str:
    """An array of texts as a statement's parameter that is cast to ``text[]``.

    psycopg's own way looks at each element several times.
    """
    joined = "".join(texts)
    if '"' in joined or "\\" in joined:
        texts = [text.replace("\\", "\\\\").replace('"', '\\"') for text in texts]
    return '{"' + '","'.join(texts) + '"}' if texts else "{}"


def local_ticket(row: Mapping[str, Any], more: Iterable[str] = ()) -> LocalTicket:
    """A row of ``lock_tickets`` or ``read_tickets``.

    Args:
        more: Columns that only a mapping names.
    """
    return LocalTicket(
        id=LocalId(row["id"]),
        ticket_uid=row["ticket_uid"],
        values={
            **{name: row[name] for name in SYNCED_FIELDS if name != "gps_coordinates"},
            "gps_coordinates": _coordinates_text(row["latitude"], row["longitude"]),
            **{name: row[name] for name in more},
        },
    )


def link(row: Mapping[str, Any]) -> Link:
    """A row of ``match_links`` or ``read_links`` that carries its base."""
    return Link(
        remote_id=RemoteId(row["remote_id"]),
        ticket_id=LocalId(row["ticket_id"]),
        base=Base(
            {STATUS: row["base_status_local"], ASSIGNED_TO: row["base_assigned_local"]},
            row["base_remote"],
        ),
        fingerprint=row["fingerprint"],
        remote_updated_at=row["remote_updated_at"],
        frozen=frozenset(row["frozen"]),
        flip_flops={name: FlipFlop(*value) for name, value in row["turns"].items()},
    )


def ticket_row(
    decision: TicketDecision, ticket_id: str, ticket_uid: str | None, unit: OpenUnit
) -> dict[str, Any]:
    """A decision as one element of ``write_tickets``'s array."""
    local = decision.local.values if decision.local else {}
    values = {**local, **decision.writes}
    row: dict[str, Any] = {
        **{name: values.get(name) for name in SYNCED_FIELDS},
        "is_new": decision.kind is DecisionKind.CREATE,
        "remote_id": decision.remote.id,
        "ticket_id": ticket_id,
        "ticket_uid": ticket_uid,
        "closes": decision.closes,
        "reopens": decision.reopens,
    }
    schema = unit.schema
    if schema.inserted:
        more = {name: values.get(name) for name in schema.inserted}
        row["more"] = {**more, **unit.mapping.constants}
    return row | {name: values.get(name) for name in schema.own_columns}


def link_row(decision: TicketDecision, ticket_id: str) -> dict[str, Any]:
    """A decision as one element of ``write_links``'s array."""
    remote = decision.remote
    return {
        "remote_id": remote.id,
        "ticket_id": ticket_id,
        "base_status_local": decision.base.local[STATUS],
        "base_assigned_local": decision.base.local[ASSIGNED_TO],
        "base_remote": decision.base.remote,
        "fingerprint": decision.fingerprint,
        "remote_updated_at": remote.updated_at,
        "frozen": list(decision.frozen),
        "turns": {name: [f.older, f.newer, f.count] for name, f in decision.flip_flops.items()},
        "received": received(decision),
        "is_audited": decision.writes_ticket or bool(decision.warnings),
        "sync_type": decision.sync_type.value,
        "audit_status": "partial" if decision.warnings else "success",
        "warning": "; ".join(decision.warnings) or None,
        "written": None if decision.kind is DecisionKind.CREATE else _written(decision),
        "payload": remote.payload,
    }


def _written(decision: TicketDecision) -> dict[str, Any]:
    """The fields of an update, for the audit."""
    local = decision.local.values if decision.local else {}
    kept = sorted(decision.writes.keys() & _AUDITED_VALUES)
    return {
        "fields": sorted(decision.writes),
        "before": {name: local.get(name) for name in kept},
        "after": {name: decision.writes[name] for name in kept},
    }


def received(decision: TicketDecision) -> str | None:
    """What a link remembers of the received object; `match_received` reckons the same."""
    if not decision.digest:
        return None
    bound = f"{decision.digest}{decision.fingerprint}".encode()
    return md5(bound, usedforsecurity=False).hexdigest()


def _coordinates_text(latitude: float | None, longitude: float | None) -> str | None:
    return None if latitude is None or longitude is None else point_text(latitude, longitude)


def conflict_id(remote_id: str, field: str) -> UUID:
    """The id of a ticket's field for `conflicts resolve`; always the same."""
    return uuid5(NAMESPACE_URL, f"qcontact-sync/conflict/{remote_id}/{field}")


def conflict_row(remote_id: RemoteId, ticket_id: UUID | str, conflict: Conflict) -> dict[str, Any]:
    """A conflict as one element of ``record_conflicts``'s array."""
    return {
        "id": str(conflict_id(remote_id, conflict.field)),
        "remote_id": remote_id,
        "ticket_id": str(ticket_id),
        "field": conflict.field,
        "kind": "needs_you" if conflict.needs_you else "settled",
        "local_value": conflict.local,
        "remote_value": conflict.remote,
        "loser": conflict.loser,
        "reason": conflict.reason,
    }


def agreed_row(remote_id: RemoteId, ticket_id: UUID | str, field: str) -> dict[str, Any]:
    """The end of an open conflict, by agreement, for ``record_conflicts``."""
    return {
        "remote_id": remote_id,
        "ticket_id": str(ticket_id),
        "field": field,
        "kind": "agreed",
        "reason": "the sides agree",
    }
