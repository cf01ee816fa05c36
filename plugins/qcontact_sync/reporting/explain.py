"""Why a ticket is as it is: per field what was agreed, what both sides hold, what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass

from qcontact_sync.core.decide import decide
from qcontact_sync.core.merge import Action, FieldDecision, Policy
from qcontact_sync.core.model import (
    SYNCED_FIELDS,
    TWO_WAY_FIELDS,
    KnownTicket,
    Link,
    LocalTicket,
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
_HELD_BACK = "held back: qcontact-sync failures"
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FieldStory:
    """One line of the explanation; long texts are told by their length only.

    Attributes:
        base_local: None also for QContact's own fields, of which only its half is remembered.
        remote: None also where QContact could not be read; ``action`` is ``unknown`` then.
        action: One of `core.merge.Action`, or ``unknown``.
        next: What the next run would do about it.
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
    is_held: bool = False,
) -> tuple[FieldStory, ...]:
    """Tell each synced field's state and what the next run would do about it.

    Args:
        is_held: The ticket waits in quarantine, so that nothing of it goes out.
    """
    decision = decide(remote, KnownTicket(link, local), people, policy)
    return tuple(
        _story(link, local, d.field, remote.values, d.action.value, _next(d, is_held), _reason(d))
        for d in decision.fields
    )


def explain_unread(link: Link, local: LocalTicket) -> tuple[FieldStory, ...]:
    """The same where QContact could not be read: what is known without it."""
    return tuple(
        _story(link, local, name, {}, _UNKNOWN, "cannot be told", "QContact could not be read")
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
        base_remote=_told(name, link.base.remote.get(name)),
        local=_told(name, local.values.get(name)),
        remote=_told(name, remote.get(name)),
        action=action,
        next=what_next,
        reason=reason,
    )


def _next(decision: FieldDecision, is_held: bool) -> str:
    if decision.action is Action.SEND and decision.refusal:
        return "fails"
    return _HELD_BACK if decision.action is Action.SEND and is_held else _NEXT[decision.action]


def _reason(decision: FieldDecision) -> str:
    return "; ".join(part for part in (decision.reason, decision.refusal) if part)


def _told(field: str, value: str | None) -> str | None:
    if value is not None and field in _LONG_TEXTS:
        return f"({len(value)} characters)"
    return value
