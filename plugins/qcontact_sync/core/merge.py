"""Decides one field, from its base and the values of both sides.

A side changed if its value differs from its *own* half of the base: a value that merely maps
differently (Escalated / in_progress) is no edit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from qcontact_sync.core.columns import Flow
from qcontact_sync.core.mapping import TicketMapping, is_same_person
from qcontact_sync.core.model import ASSIGNED_TO, STATUS, People
from qcontact_sync.core.rules import status_key


class Action(StrEnum):
    """What to do with one field."""

    KEEP = "keep"
    """Neither side changed."""
    AGREE = "agree"
    """Nothing to write, but the base becomes what both sides hold."""
    TAKE = "take"
    """QContact's value goes into FibreFlow."""
    SEND = "send"
    """FibreFlow's value goes to QContact."""
    FREEZE = "freeze"
    """Neither side is written until a person decides."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How values translate, who wins, as settings say, and what QContact takes.

    Attributes:
        sends_assignment: Where not, assignment flows inbound only.
        is_final_refused: QContact refused to change the status of this ticket, which is in a
            final one: what FibreFlow holds needs a person's decision.
        creates_finished: Whether a ticket is created that is done when it is first seen.
    """

    mapping: TicketMapping
    reopen: str = "review"
    assignment_winner: str = "local"
    sends_assignment: bool = True
    is_final_refused: bool = False
    creates_finished: bool = True


class FieldBase(NamedTuple):
    """Both sides' values of one field at the last agreement."""

    local: str | None
    remote: str | None


class FieldDecision(NamedTuple):
    """The verdict on one field; a tuple, as `RemoteTicket`.

    Attributes:
        local: FibreFlow's value afterwards (TAKE writes it).
        remote: QContact's value afterwards (SEND writes it).
        loser: The side whose edit is overruled; recorded as a conflict.
        reason: Why, for a person.
        warning: For the ticket's audit row; names the field, never a value.
        refusal: Why FibreFlow's value cannot be sent; ``remote`` is then None and has no meaning.
        is_unknown: QContact's value has no counterpart here: it is neither taken nor agreed.
    """

    field: str
    action: Action
    local: str | None = None
    remote: str | None = None
    loser: str | None = None
    reason: str = ""
    warning: str | None = None
    refusal: str | None = None
    is_unknown: bool = False


def is_the_same(
    field: str, local: str | None, remote: str | None, people: People, policy: Policy
) -> bool:
    """Whether two values mean the same, as far as both sides can express it.

    A field that the mapping does not sync always is. A status that QContact moves on to by itself
    means what the one before it meant. A name that no FibreFlow user has is the same as no
    assignee; where assignment is not sent, as any.
    """
    mapping = policy.mapping
    if mapping.flow(field) is Flow.OFF:
        return True
    if field == STATUS:
        before = (a for a, b in mapping.status.moves_on if b == status_key(remote))
        return any(mapping.is_same_status(local, word) for word in (remote, *before))
    if field == ASSIGNED_TO:
        is_stranger = remote is not None and remote not in people.id_by_name
        is_sent = policy.sends_assignment and mapping.sends(field)
        same = is_same_person(local, remote, people)
        return same or (is_stranger and (local is None or not is_sent))
    if mapping.flow(field) is not Flow.INBOUND:
        return True
    mapped = mapping.to_local_owned(field, remote)
    return not mapped.fits or mapped.value == local


def merge_status(
    base: FieldBase, local: str | None, remote: str | None, policy: Policy
) -> FieldDecision:
    """Decide the status of a linked ticket."""
    mapping, rules = policy.mapping, policy.mapping.status
    local_moved = local != base.local
    step = status_key(base.remote), status_key(remote)
    remote_moved = step[0] != step[1] and step not in rules.moves_on
    translated = mapping.to_local_status(remote)
    if not (local_moved or remote_moved):
        if step in rules.moves_on:
            reason = "QContact makes this change automatically"
            return FieldDecision(STATUS, Action.AGREE, local, remote, reason=reason)
        return FieldDecision(STATUS, Action.KEEP, local, remote, reason="neither side changed")
    if mapping.flows[STATUS] is Flow.OFF:
        return _unlike(STATUS, local, remote)
    if mapping.is_same_status(local, remote):
        return FieldDecision(STATUS, Action.AGREE, local, remote, reason="both mean the same")
    if remote_moved and translated is None and not local_moved:
        warning = "unknown status in QContact; FibreFlow's status is kept"
        return FieldDecision(
            STATUS, Action.AGREE, local, remote, reason=warning, warning=warning, is_unknown=True
        )
    if (
        remote_moved
        and translated is not None
        and mapping.is_terminal(local)
        and not mapping.is_terminal(translated)
    ):
        return _reopened(local, remote, translated, policy, "local" if local_moved else None)
    if not local_moved:
        return FieldDecision(STATUS, Action.TAKE, translated, remote, reason="QContact changed it")
    if remote_moved and translated is not None and _remote_wins(translated, local, mapping):
        return FieldDecision(
            STATUS, Action.TAKE, translated, remote, "local", _WINS[rules.winner, "remote"]
        )
    return _keep_local(local, remote, policy, is_overruled=remote_moved)


def _keep_local(
    local: str | None, remote: str | None, policy: Policy, *, is_overruled: bool
) -> FieldDecision:
    """FibreFlow's change counts, and is sent if possible."""
    mapping, rules = policy.mapping, policy.mapping.status
    if policy.is_final_refused and rules.is_final(remote):
        reason = "QContact holds the ticket closed and refuses to change its status"
        return FieldDecision(STATUS, Action.FREEZE, local, remote, reason=reason)
    loser = "remote" if is_overruled else None
    if mapping.flows[STATUS] is not Flow.BOTH:
        reason = "status is not sent to this QContact"
        return FieldDecision(STATUS, Action.AGREE, local, remote, loser, reason)
    reason = _WINS[rules.winner, "local"] if is_overruled else "FibreFlow changed it"
    word = mapping.to_remote_status(local or "")
    return FieldDecision(
        STATUS,
        Action.SEND,
        local,
        word,
        loser,
        reason,
        refusal=None if word else "FibreFlow's status has no counterpart in QContact",
    )


_WINS = {
    ("furthest", "remote"): "both changed; QContact's status is further on",
    ("furthest", "local"): "both changed; QContact's status is not further on",
    ("remote", "remote"): "both changed; QContact's value is kept",
    ("local", "local"): "both changed; FibreFlow's value is kept",
}
"""Why a side won, by the rule and the side; an unknown word of QContact's never wins."""
_WINS["remote", "local"] = _WINS["local", "local"]


def _remote_wins(translated: str, local: str | None, mapping: TicketMapping) -> bool:
    if mapping.status.winner == "furthest":
        return mapping.rank(translated) > mapping.rank(local)
    return mapping.status.winner == "remote"


def _unlike(field: str, local: str | None, remote: str | None) -> FieldDecision:
    reason = "the mapping keeps each side's own value"
    return FieldDecision(field, Action.AGREE, local, remote, reason=reason)


def _reopened(
    local: str | None, remote: str | None, translated: str, policy: Policy, loser: str | None
) -> FieldDecision:
    if policy.reopen == "follow":
        return FieldDecision(
            STATUS, Action.TAKE, translated, remote, loser, "re-opened in QContact"
        )
    return FieldDecision(
        STATUS,
        Action.FREEZE,
        local,
        remote,
        reason="re-opened in QContact while ended in FibreFlow",
    )


def merge_assignment(
    base: FieldBase, local: str | None, remote: str | None, people: People, policy: Policy
) -> FieldDecision:
    """Decide who a linked ticket is assigned to (user id here, full name there)."""
    local_moved, remote_moved = local != base.local, remote != base.remote
    if not (local_moved or remote_moved):
        return FieldDecision(ASSIGNED_TO, Action.KEEP, local, remote, reason="neither side changed")
    if policy.mapping.flows[ASSIGNED_TO] is Flow.OFF:
        return _unlike(ASSIGNED_TO, local, remote)
    if is_same_person(local, remote, people):
        return FieldDecision(ASSIGNED_TO, Action.AGREE, local, remote, reason="the same person")
    remote_wins = remote_moved and (not local_moved or policy.assignment_winner == "remote")
    if remote_wins:
        return _take_assignment(local, remote, people, "local" if local_moved else None)
    if not policy.sends_assignment:
        loser = "remote" if remote_moved else None
        reason = "assignment is not sent to this QContact"
        return FieldDecision(ASSIGNED_TO, Action.AGREE, local, remote, loser, reason)
    if not policy.mapping.assignment.has_counterpart(local):
        loser = "remote" if remote_moved else None
        reason = "QContact has no counterpart of FibreFlow's user; the mapping file can name one"
        return FieldDecision(ASSIGNED_TO, Action.AGREE, local, remote, loser, reason)
    name = people.name_by_id.get(local) if local is not None else None
    is_nameless = local is not None and name is None
    return FieldDecision(
        ASSIGNED_TO,
        Action.SEND,
        local,
        name,
        "remote" if remote_moved else None,
        "both changed; FibreFlow's value is kept" if remote_moved else "FibreFlow changed it",
        refusal="the assigned FibreFlow user does not exist or has no full name"
        if is_nameless
        else None,
    )


def _take_assignment(
    local: str | None, remote: str | None, people: People, loser: str | None
) -> FieldDecision:
    user = people.id_by_name.get(remote) if remote is not None else None
    if remote is not None and user is None:
        reason = "no single FibreFlow user has that name; the assignment is kept"
        return FieldDecision(
            ASSIGNED_TO, Action.AGREE, local, remote, loser, reason, is_unknown=True
        )
    return FieldDecision(ASSIGNED_TO, Action.TAKE, user, remote, loser, "QContact changed it")


def merge_owned(
    field: str,
    base: Mapping[str, str | None],
    local: str | None,
    remote: str | None,
    mapping: TicketMapping,
    *,
    force: bool = False,
) -> FieldDecision:
    """Decide one of QContact's own fields.

    Args:
        base: QContact's halves; a field that is no key was never taken.
        force: Take QContact's value even if only FibreFlow's has changed.
    """
    if not force and field in base and base[field] == remote:
        return FieldDecision(field, Action.KEEP, local, remote, reason="QContact did not change it")
    if mapping.column(field).flow is not Flow.INBOUND:
        return _unlike(field, local, remote)
    mapped = mapping.to_local_owned(field, remote)
    if not mapped.fits or mapped.value == local:
        reason = "FibreFlow has this value" if mapped.fits else "does not fit into FibreFlow"
        return FieldDecision(
            field, Action.AGREE, local, remote, reason=reason, warning=mapped.warning
        )
    was = mapping.to_local_owned(field, base[field]) if field in base else None
    local_moved = was is not None and was.fits and was.value != local
    return FieldDecision(
        field,
        Action.TAKE,
        mapped.value,
        remote,
        "local" if local_moved else None,
        "QContact changed it",
        mapped.warning,
    )
