"""What goes out of a linked ticket, and what the base is once it has arrived; values only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import md5
from unicodedata import normalize

from qcontact_sync.core.decide import flip_flop_of
from qcontact_sync.core.decision import Conflict, TicketDecision
from qcontact_sync.core.errors import ErrorCode, TicketError
from qcontact_sync.core.fingerprint import fingerprint
from qcontact_sync.core.mapping import status_key
from qcontact_sync.core.merge import Action
from qcontact_sync.core.model import KIND_OF_FIELD, STATUS, Base, Link, RemoteTicket, SyncType


@dataclass(frozen=True, slots=True)
class Sending:
    """The fields of one ticket that go out.

    Attributes:
        local: FibreFlow's values, by field.
        remote: The same in QContact's words: the body of the update.
        overruled: QContact's edits that FibreFlow's win against.
    """

    local: Mapping[str, str | None]
    remote: Mapping[str, str | None]
    overruled: tuple[Conflict, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to send."""
        return bool(self.remote)


def sending_of(decision: TicketDecision) -> Sending:
    """Pick what is to be sent from a decision about the ticket as QContact has it now.

    Raises:
        TicketError: A value that has to go out has no counterpart in QContact.
    """
    sent = [d for d in decision.fields if d.action is Action.SEND]
    for d in sent:
        if d.refusal:
            raise TicketError(d.refusal, ErrorCode.VALIDATION_ERROR, field=d.field)
    seen = decision.remote.values
    return Sending(
        local={d.field: d.local for d in sent},
        remote={d.field: d.remote for d in sent},
        overruled=tuple(
            Conflict(d.field, False, d.local, seen.get(d.field), "remote", d.reason)
            for d in sent
            if d.loser == "remote"
        ),
    )


def arrived(sending: Sending, answer: RemoteTicket) -> bool:
    """Whether the answer shows what was sent; a server may accept a write and change nothing.

    An answer that leaves a field out does not show it: taken for a null, the next full answer
    would look like QContact's own move and undo the edit.
    """
    return all(_is_same(name, value, answer) for name, value in sending.remote.items())


def _is_same(name: str, value: str | None, answer: RemoteTicket) -> bool:
    if name not in answer.values:
        return False
    key = status_key if name == STATUS else _name_key
    return key(answer.values[name]) == key(value)


def _name_key(name: str | None) -> str:
    """A name without case and blanks around its words: a server may tidy what it is given."""
    return " ".join(normalize("NFC", name or "").casefold().split())


def agreed_on(link: Link, sending: Sending, answer: RemoteTicket) -> Link:
    """The link once QContact has taken what was sent: the answer, not our request, is the base,
    because QContact trims and re-cases what it is given.
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
    """What a refusal is remembered by: changes with either side and with the notes that wait.

    ``list_pending.sql`` reckons the same.
    """
    joined = ",".join(sorted(note_versions))
    if not joined:
        return pair_version
    # PostgreSQL has this digest built in; nothing secret rests on it.
    return f"{pair_version}/{md5(joined.encode(), usedforsecurity=False).hexdigest()}"


def kinds_of(sending: Sending) -> tuple[SyncType, ...]:
    """One audit row per kind sent."""
    return tuple(KIND_OF_FIELD[name] for name in sending.remote)
