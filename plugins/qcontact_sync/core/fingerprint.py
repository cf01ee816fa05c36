"""Digests that identify an unchanged ticket without reading its stored values."""

from collections.abc import Mapping
from hashlib import blake2b

from qcontact_sync.core.mapping import status_key
from qcontact_sync.core.model import STATUS, SYNCED_FIELDS

_ABSENT, _NULL, _VALUE = "\x01", "\x02", "\x03"


def fingerprint(remote_values: Mapping[str, str | None]) -> str:
    """Digest QContact's halves of all synced fields; absent, null and text differ.

    Two spellings of one status (``In Progress``, ``in_progress``) digest alike.
    """
    parts = []
    for name in SYNCED_FIELDS:
        if name not in remote_values:
            parts.append(_ABSENT)
        elif (value := remote_values[name]) is None:
            parts.append(_NULL)
        else:
            parts.append(_VALUE + (status_key(value) if name == STATUS else value))
    return blake2b("\x00".join(parts).encode(), digest_size=16).hexdigest()
