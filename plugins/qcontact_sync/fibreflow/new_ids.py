"""Ids of new rows."""

import os

_DIGITS = 32


def new_ids(count: int) -> list[str]:
    """So many random UUIDs (version 4) as digits, from one look at the source of randomness."""
    drawn = os.urandom(_DIGITS // 2 * count).hex()
    each = (drawn[start : start + _DIGITS] for start in range(0, len(drawn), _DIGITS))
    # The 13th digit is the version; the 17th says that the version counts.
    return [f"{digits[:12]}4{digits[13:16]}8{digits[17:]}" for digits in each]
