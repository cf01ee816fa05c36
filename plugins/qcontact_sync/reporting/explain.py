"""The state of a ticket: per field the last agreed and the present values, and the next step."""

from collections.abc import Mapping
from dataclasses import dataclass

from qcontact_sync.core.comparison import without_text
from qcontact_sync.core.decide import decide
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.merge import Action, FieldDecision, Policy
from qcontact_sync.core.model import (
    STATUS,
    SYNCED_FIELDS,
    TWO_WAY_FIELDS,
    KnownTicket,
    Link,
    LocalTicket,
    People,
    RemoteTicket,
)
from qcontact_sync.core.rules import status_key

_NEXT = {
    Action.KEEP: "nothing",
    Action.AGREE: "nothing to write: stored as last agreed value",
    Action.TAKE: "QContact's value is written to FibreFlow",
    Action.SEND: "FibreFlow's value is sent to QContact",
    Action.FREEZE: "open conflict (needs a decision): qcontact-sync conflicts",
}
_QUARANTINED = "in quarantine: qcontact-sync failures"
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FieldStory:
    """One field of the explanation; of a long text, only its length is shown.

    Attributes:
        base_local: None also for QContact's own fields: only QContact's half is stored.
        remote: None also if QContact could not be read; ``action`` is ``unknown`` then.
        action: One of `core.merge.Action`, or ``unknown``.
        next: What the next run would do with the field.
    """

    field: str
    base_local: str | None
    base_remote: str | None
    local: str | None
    remote: str | None
    action: str
    next: str
    reason: str


def explain(
    remote: RemoteTicket,
    link: Link,
    local: LocalTicket,
    people: People,
    policy: Policy,
    *,
    is_quarantined: bool = False,
) -> tuple[FieldStory, ...]:
    """Return the state of each synced field and what the next run would do with it.

    Args:
        is_quarantined: The ticket is in quarantine, so the next run sends nothing of it.
    """
    decision = decide(remote, KnownTicket(link, local), people, policy)
    return tuple(
        _story(
            link,
            local,
            d.field,
            remote.values,
            d.action.value,
            _next(d, is_quarantined),
            _reason(d, policy),
        )
        for d in decision.fields
    )


def explain_unread(link: Link, local: LocalTicket) -> tuple[FieldStory, ...]:
    """The same without QContact's present values, if QContact could not be read."""
    return tuple(
        _story(link, local, name, {}, _UNKNOWN, "unknown", "QContact could not be read")
        for name in SYNCED_FIELDS
        if name in TWO_WAY_FIELDS or name in link.base.remote
    )


def _story(
    link: Link,
    local: LocalTicket,
    name: str,
    remote: Mapping[str, str | None],
    *verdict: str,
) -> FieldStory:
    action, what_next, reason = verdict
    return FieldStory(
        field=name,
        base_local=link.base.local.get(name),
        base_remote=without_text(name, link.base.remote.get(name)),
        local=without_text(name, local.values.get(name)),
        remote=without_text(name, remote.get(name)),
        action=action,
        next=what_next,
        reason=reason,
    )


def _next(decision: FieldDecision, is_quarantined: bool) -> str:
    if decision.action is Action.SEND and decision.refusal:
        return "fails"
    return (
        _QUARANTINED
        if decision.action is Action.SEND and is_quarantined
        else _NEXT[decision.action]
    )


def _reason(decision: FieldDecision, policy: Policy) -> str:
    parts = (decision.reason, decision.refusal, _translation(decision, policy.mapping))
    return "; ".join(part for part in parts if part)


def _translation(decision: FieldDecision, mapping: TicketMapping) -> str | None:
    """Why the sides show different words although nothing is to be done."""
    here, there = decision.local, decision.remote
    if decision.field != STATUS or here is None or there is None:
        return None
    is_still = decision.action in (Action.KEEP, Action.AGREE)
    is_other_word = status_key(here) != status_key(there)
    if is_still and is_other_word and mapping.to_local_status(there) == here:
        return f"QContact's {there} is {here} in FibreFlow"
    return None
