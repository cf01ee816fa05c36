"""Tickets, links and people at hand, and what a store and a server would make of decisions."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.core.decision import TicketDecision
from qcontact_sync.core.fingerprint import fingerprint
from qcontact_sync.core.merge import Policy
from qcontact_sync.core.model import (
    ASSIGNED_TO,
    STATUS,
    SYNCED_FIELDS,
    Base,
    KnownTicket,
    Link,
    LocalId,
    LocalTicket,
    People,
    RemoteId,
    RemoteTicket,
)
from qcontact_sync.core.outbound import Sending

REVIEW = Policy(TICKETS)
FOLLOW = Policy(TICKETS, reopen="follow")
REMOTE_WINS = Policy(TICKETS, assignment_winner="remote")

ANN, BEN, TWIN_1, TWIN_2, NAMELESS, GONE = (str(UUID(int=number)) for number in range(1, 7))
PEOPLE = People(
    name_by_id={
        ANN: "Ann Example",
        BEN: "Ben Example",
        TWIN_1: "Sam Twin",
        TWIN_2: "Sam Twin",
        NAMELESS: None,
    },
    id_by_name={"Ann Example": ANN, "Ben Example": BEN},
)
STRANGER = "Some Stranger"

REMOTE_ID = RemoteId("T-1")
LOCAL_ID = LocalId(UUID(int=77))
PROJECT = "6f2c1f0e-3d56-4a52-9d33-0f6d7f0b8a11"
SAVED = {
    "title": "No signal",
    "description": "Red light",
    "priority": "high",
    "ticket_type": "incident",
    "address": "1 Main Road",
    "dr_number": "DR1",
    "pole_number": "P1",
    "pon_number": "PON1",
    "project_id": PROJECT,
    "zone_id": None,
    "gps_coordinates": "-26.5,28.25",
    "ont_serial": "ALCL1",
}
"""QContact's own fields with values that both sides write alike."""


def a_remote(updated_at: datetime | None = None, **values: str | None) -> RemoteTicket:
    """A full answer; what is given replaces the defaults."""
    full = {STATUS: "Open", ASSIGNED_TO: None, **SAVED, **values}
    return RemoteTicket(REMOTE_ID, full, updated_at or datetime(2026, 1, 2, tzinfo=UTC))


def without(remote: RemoteTicket, *names: str) -> RemoteTicket:
    """The same answer with some fields left out of it."""
    return remote._replace(values={k: v for k, v in remote.values.items() if k not in names})


def a_local(**values: str | None) -> LocalTicket:
    return LocalTicket(LOCAL_ID, "FT100001", {STATUS: "open", ASSIGNED_TO: None, **SAVED, **values})


def a_link(
    local: Mapping[str, str | None] | None = None,
    remote: Mapping[str, str | None] | None = None,
    frozen: tuple[str, ...] = (),
) -> Link:
    """A link whose base is the defaults of `a_local` and `a_remote`, but for what is given."""
    base = Base(
        {STATUS: "open", ASSIGNED_TO: None, **(local or {})},
        {STATUS: "Open", ASSIGNED_TO: None, **SAVED, **(remote or {})},
    )
    return Link(REMOTE_ID, LOCAL_ID, base, fingerprint(base.remote), frozen=frozenset(frozen))


def stored(decision: TicketDecision, pair: KnownTicket) -> KnownTicket:
    """The pair once a store has carried the decision out."""
    before = decision.local or LocalTicket(LOCAL_ID, "FT100001", {})
    columns = dict.fromkeys(SYNCED_FIELDS)
    local = replace(before, values={**columns, **before.values, **decision.writes})
    link = pair.link or Link(REMOTE_ID, before.id, decision.base, decision.fingerprint)
    return KnownTicket(
        replace(
            link,
            base=decision.base,
            fingerprint=decision.fingerprint,
            frozen=frozenset(decision.frozen),
            flip_flops=decision.flip_flops,
        ),
        local,
    )


def answered(sending: Sending, remote: RemoteTicket) -> RemoteTicket:
    """The ticket once QContact has taken what was sent."""
    return remote._replace(values={**remote.values, **sending.remote})
