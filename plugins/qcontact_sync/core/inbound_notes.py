"""Which of the notes that QContact lists are new, ours, or withdrawn; values only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from uuid import NAMESPACE_URL, UUID, uuid5

from qcontact_sync.core.canon import canonical_text
from qcontact_sync.core.model import LocalId, RemoteId, RemoteNote

_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OwnNote:
    """A FibreFlow note that may be among those that QContact lists, under an id not known yet.

    Attributes:
        digest: `note_digest` of its text; None: nothing can be recognised by it.
        is_settled: The id that it is listed under can be put on record.
    """

    id: UUID
    digest: str | None
    is_settled: bool = False


@dataclass(frozen=True, slots=True)
class KnownNotes:
    """What is known of a linked ticket's notes.

    Attributes:
        received: QContact's ids of notes that came in; True where QContact took the note back.
        sent_ids: QContact's ids of FibreFlow's own notes.
        unnamed: FibreFlow's own notes without such an id.
    """

    ticket_id: LocalId
    received: Mapping[str, bool]
    sent_ids: frozenset[str] = frozenset()
    unnamed: tuple[OwnNote, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What a list of notes says.

    Attributes:
        new: The call centre's notes that did not come in yet, in the order they were written.
        named: Own notes that arrived, with QContact's ids of them.
        taken_back: Ids of notes that came in and are not listed any more.
        returned: Ids of notes that were taken back and are listed again.
    """

    new: tuple[RemoteNote, ...] = ()
    named: tuple[tuple[UUID, str], ...] = ()
    taken_back: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to record."""
        return bool(self.new or self.named or self.taken_back or self.returned)


@dataclass(frozen=True, slots=True)
class ReceivedNotes:
    """What the list of one ticket's notes said.

    Attributes:
        stamp: QContact's stamp of the version that the list belongs to.
        authors: FibreFlow's users who wrote new notes, by QContact's id of the note.
    """

    remote_id: RemoteId
    ticket_id: LocalId
    arrivals: Arrivals
    stamp: datetime | None = None
    authors: Mapping[str, str] = field(default_factory=dict)


def sort_notes(listed: Sequence[RemoteNote], known: KnownNotes) -> Arrivals:
    """Separate the call centre's notes from ours.

    An own note whose id is not known is recognised by its text: each stands for one listed note.

    Args:
        listed: All notes of the ticket.
    """
    unnamed = list(known.unnamed)
    new: list[RemoteNote] = []
    named: list[tuple[UUID, str]] = []
    for note in sorted(listed, key=_written):
        if note.id in known.received or note.id in known.sent_ids:
            continue
        own = next((own for own in unnamed if own.digest == note_digest(note.content)), None)
        if own is not None:
            unnamed.remove(own)
            if own.is_settled:
                named.append((own.id, note.id))
        elif note.content.strip():
            new.append(note)
    here = {note.id for note in listed}
    return Arrivals(
        tuple({note.id: note for note in new}.values()),
        tuple(named),
        tuple(i for i, is_back in known.received.items() if not is_back and i not in here),
        tuple(i for i, is_back in known.received.items() if is_back and i in here),
    )


def received_note_id(remote_id: RemoteId, note: RemoteNote) -> UUID:
    """FibreFlow's id of a note of QContact's; always the same."""
    return uuid5(NAMESPACE_URL, f"qcontact-sync/received/{remote_id}/{note.id}")


def _written(note: RemoteNote) -> tuple[datetime, int, str]:
    """By time; of one instant by the id, which grows: a shorter number is a smaller one."""
    return note.written_at or _EARLIEST, len(note.id), note.id


def note_digest(content: str) -> str:
    """What a note's text is recognised by."""
    text = canonical_text(content)[0] or ""
    return blake2b(text.encode(), digest_size=16).hexdigest()
