"""Decides what to send of a linked ticket, and its base once that has arrived."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import md5
from unicodedata import normalize

from qcontact_sync.core.decide import flip_flop_of
from qcontact_sync.core.decision import Conflict, TicketDecision
from qcontact_sync.core.fingerprint import fingerprint
from qcontact_sync.core.merge import Action
from qcontact_sync.core.model import KIND_OF_FIELD, STATUS, Base, Link, RemoteTicket, SyncType
from qcontact_sync.core.rules import status_key


@dataclass(frozen=True, slots=True)
class Sending:
    """The fields of one ticket to send.

    Attributes:
        local: FibreFlow's values, by field.
        remote: The same in QContact's words: the body of the update.
        seen: What QContact had of them before.
        overruled: QContact's edits that FibreFlow's edits overrule.
        refusals: Why values cannot be sent that should be, by field.
    """

    local: Mapping[str, str | None]
    remote: Mapping[str, str | None]
    seen: Mapping[str, str | None] = field(default_factory=dict)
    overruled: tuple[Conflict, ...] = ()
    refusals: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is anything to send."""
        return bool(self.remote)

    def with_before(self, name: str, answer: Mapping[str, object]) -> Mapping[str, object]:
        """An answer for the audit, with what QContact had of the field before."""
        return {**answer, "before": {name: self.seen.get(name)}}


def sending_of(decision: TicketDecision, kinds: Collection[SyncType] | None = None) -> Sending:
    """Pick what is to be sent from a decision about the ticket as QContact has it now.

    Args:
        kinds: Limits to these kinds of write; None is all.
    """
    wanted = [
        d
        for d in decision.fields
        if d.action is Action.SEND and (kinds is None or KIND_OF_FIELD[d.field] in kinds)
    ]
    sent = [d for d in wanted if not d.refusal]
    seen = decision.remote.values
    return Sending(
        local={d.field: d.local for d in sent},
        remote={d.field: d.remote for d in sent},
        seen={d.field: seen.get(d.field) for d in sent},
        overruled=tuple(
            Conflict(d.field, False, d.local, seen.get(d.field), "remote", d.reason)
            for d in sent
            if d.loser == "remote"
        ),
        refusals={d.field: d.refusal for d in wanted if d.refusal},
    )


def arrived(sending: Sending, answer: RemoteTicket) -> bool:
    """Whether the answer shows what was sent: a server may accept a write and change nothing.

    An answer that leaves a field out does not show it. If that counted as null, the next full
    answer would look like an edit in QContact and undo ours.
    """
    return all(_is_same(name, value, answer) for name, value in sending.remote.items())


def _is_same(name: str, value: str | None, answer: RemoteTicket) -> bool:
    if name not in answer.values:
        return False
    key = status_key if name == STATUS else _name_key
    return key(answer.values[name]) == key(value)


def _name_key(name: str | None) -> str:
    """A name without case and extra blanks, which a server may normalise."""
    return " ".join(normalize("NFC", name or "").casefold().split())


def agreed_on(link: Link, sending: Sending, answer: RemoteTicket) -> Link:
    """The link after QContact accepted what was sent.

    The base is the answer and not our request, because QContact may trim and re-case values.
    """
    base = Base(
        {**link.base.local, **sending.local},
        {**link.base.remote, **{n: answer.values.get(n) for n in sending.remote}},
    )
    flip_flops = {n: flip_flop_of(link, n).after(value) for n, value in sending.local.items()}
    return replace(
        link,
        base=base,
        fingerprint=fingerprint(base.remote),
        flip_flops={**link.flip_flops, **flip_flops},
    )


def version_with(pair_version: str, note_versions: Iterable[str]) -> str:
    """Identifies a refusal: it changes with either side and with the notes to send.

    ``list_pending.sql`` computes the same.
    """
    joined = ",".join(sorted(note_versions))
    if not joined:
        return pair_version
    # PostgreSQL has this digest built in; security does not depend on it.
    return f"{pair_version}/{md5(joined.encode(), usedforsecurity=False).hexdigest()}"


_LINKS_PER_CHANGE = 5


def links_enough_for(pending: int) -> int:
    """Number of links from which this many pending tickets need no confirmation."""
    return pending * _LINKS_PER_CHANGE


def outbound_limit(links: int, given: int | None) -> int:
    """How many pending tickets are sent without confirmation.

    By default a fifth of all linked tickets, and 500 if that is less. In a small installation half
    of its tickets: 500 would be all of them, and no bulk edit would ever be held. Up to 100
    are always sent.

    Args:
        links: Number of linked tickets.
        given: ``MAX_OUTBOUND``; None for the default.
    """
    if given is not None:
        return given
    return max(links // _LINKS_PER_CHANGE, min(500, max(100, links // 2)))


def kinds_of(sending: Sending) -> tuple[SyncType, ...]:
    """One audit row per kind sent."""
    return tuple(KIND_OF_FIELD[name] for name in sending.remote)
