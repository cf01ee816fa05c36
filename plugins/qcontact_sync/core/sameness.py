"""When two values of different systems mean the same (design section 4, "Moved")."""

from qcontact_sync.core.mapping import StatusWords, status_key, to_local_status
from qcontact_sync.core.model import People


def is_same_status(local: str | None, remote: str | None, words: StatusWords) -> bool:
    """Whether either status translates into the other."""
    if local is None or remote is None:
        return local is remote
    word = words.to_remote(local)
    return to_local_status(remote) == local or (
        word is not None and status_key(word) == status_key(remote)
    )


def is_same_person(local: str | None, remote: str | None, people: People) -> bool:
    """Whether a user id and a display name are one person, or both nobody."""
    if local is None or remote is None:
        return local is remote
    return people.name_by_id.get(local) == remote
