"""Why a ticket is as it is: per field what was agreed, what both sides hold, what comes next."""

from dataclasses import dataclass

from qcontact_sync.core.decide import decide
from qcontact_sync.core.decision import TicketDecision
from qcontact_sync.core.merge import Action, Policy
from qcontact_sync.core.model import (
    SYNCED_FIELDS,
    TWO_WAY_FIELDS,
    Pair,
    People,
    RemoteTicket,
)

_LONG_TEXTS = ("description", "address")
_NEXT = {
    Action.KEEP: "nothing",
    Action.AGREE: "nothing to write: remembered as agreed",
    Action.TAKE: "QContact's value comes in",
    Action.SEND: "FibreFlow's value goes out",
    Action.FREEZE: "waits for you: qcontact-sync conflicts",
}


@dataclass(frozen=True, slots=True)
class FieldStory:
    """One line of the explanation; long texts are told by their length only."""

    field: str
    base_local: str | None
    base_remote: str | None
    local: str | None
    remote: str | None
    action: str
    next: str
    reason: str


def explain(
    remote: RemoteTicket, pair: Pair, people: People, policy: Policy
) -> tuple[FieldStory, ...]:
    """Tell each synced field's state and what the next run would do about it."""
    if pair.link is None or pair.local is None:
        return ()
    return _stories(decide(remote, pair, people, policy), pair, remote)


def _stories(decision: TicketDecision, pair: Pair, remote: RemoteTicket) -> tuple[FieldStory, ...]:
    by_field = {d.field: d for d in decision.fields}
    link, local = pair.link, pair.local
    if link is None or local is None:
        return ()
    return tuple(
        FieldStory(
            name,
            _told(name, link.base.local.get(name)) if name in TWO_WAY_FIELDS else None,
            _told(name, link.base.remote.get(name)),
            _told(name, local.values.get(name)),
            _told(name, remote.values.get(name)),
            by_field[name].action.value,
            _NEXT[by_field[name].action],
            by_field[name].reason,
        )
        for name in SYNCED_FIELDS
        if name in by_field
    )


def _told(field: str, value: str | None) -> str | None:
    if value is not None and field in _LONG_TEXTS:
        return f"({len(value)} characters)"
    return value


def summary_of(decision: TicketDecision) -> str:
    """One sentence about what the next run would do."""
    if decision.writes or decision.sends:
        parts = []
        if decision.writes:
            parts.append(f"bring in {', '.join(decision.writes)}")
        if decision.sends:
            parts.append(f"send {', '.join(decision.sends)}")
        return "the next run would " + " and ".join(parts)
    return "both sides are in agreement" if not decision.frozen else "waits for a person"
