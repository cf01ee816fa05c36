"""Digests that identify an unchanged ticket without reading its stored values."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b

from qcontact_sync.core.model import STATUS, SYNCED_FIELDS
from qcontact_sync.core.rules import status_key

_SYNCED = frozenset(SYNCED_FIELDS)
_ABSENT, _NULL, _VALUE = "\x01", "\x02", "\x03"


def fingerprint(remote_values: Mapping[str, str | None]) -> str:
    """Digest QContact's halves of all synced fields; absent, null and text differ.

    Two spellings of one status (``In Progress``, ``in_progress``) digest alike.
    """
    parts = []
    names: Iterable[str] = SYNCED_FIELDS
    if not _SYNCED.issuperset(remote_values):
        # Columns that only a mapping file names, by name: their order in the file has no meaning.
        more = sorted(set(remote_values) - _SYNCED)
        parts += more
        names = (*SYNCED_FIELDS, *more)
    for name in names:
        if name not in remote_values:
            parts.append(_ABSENT)
        elif (value := remote_values[name]) is None:
            parts.append(_NULL)
        else:
            parts.append(_VALUE + (status_key(value) if name == STATUS else value))
    return blake2b("\x00".join(parts).encode(), digest_size=16).hexdigest()
