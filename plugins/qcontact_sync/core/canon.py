"""Canonical text: the form in which text is compared and stored.

QContact and FibreFlow each trim, re-encode and normalise text a little, which is no edit; and
PostgreSQL refuses NUL and lone surrogates.
"""

import re
import unicodedata
from functools import cache

MAX_MARKS = 30
"""Combining marks in a row that are kept (Unicode's stream-safe text format, UAX 15): sorting a run
of them takes time that grows with its square.
"""
_SHORT_RUN = 10
"""A run of so few characters never decomposes into more than `MAX_MARKS` marks."""
MARKS = range(0x300, 0x20000)
"""Where Unicode has its combining marks."""
_CASE_REFERENCE = re.compile(r"\bFT[0-9]{6}\b")


def canonical_text(text: str) -> tuple[str | None, bool]:
    """Normalise text on its way in.

    Returns:
        The text in NFC with unix line ends and without surrounding blanks, None where nothing
        is left; and whether characters were dropped: NUL, lone surrogates, and combining marks
        beyond `MAX_MARKS` in a row.
    """
    if text.isascii() and "\x00" not in text:
        return _tidy(text), False
    storable = text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    bounded = _without_long_runs(storable)
    # Again: a mark may decompose into two.
    composed = _without_long_runs(unicodedata.normalize("NFC", bounded))
    return _tidy(composed), bounded != text


def _without_long_runs(text: str) -> str:
    # A long run holds one of these characters, wherever it begins; most texts end here, and a
    # search through a large one takes seconds.
    if _marks().isdisjoint(text[_SHORT_RUN :: _SHORT_RUN + 1]):
        return text
    if _long_run().search(text) is None:
        return text
    kept: list[str] = []
    run = 0
    for char in text:
        classes = [unicodedata.combining(part) for part in unicodedata.normalize("NFD", char)]
        run = run + len(classes) if all(classes) else sum(map(bool, classes))
        if run <= MAX_MARKS:
            kept.append(char)
    return "".join(kept)


@cache
def _marks() -> frozenset[str]:
    """Characters that are, or decompose into, nothing but marks."""
    return frozenset(
        char
        for char in map(chr, MARKS)
        if unicodedata.category(char).startswith("M")
        and all(map(unicodedata.combining, unicodedata.normalize("NFD", char)))
    )


@cache
def _long_run() -> re.Pattern[str]:
    """More than `_SHORT_RUN` of them in a row."""
    return re.compile(f"[{''.join(sorted(_marks()))}]{{{_SHORT_RUN + 1},}}")


def _tidy(text: str) -> str | None:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.strip() or None


def case_reference(text: str) -> str | None:
    """The first case reference in a text, as people write it: FT and six digits."""
    # Cheaper than the pattern, for the many that have none.
    found = _CASE_REFERENCE.search(text) if "FT" in text else None
    return found.group() if found else None


def printable(text: str) -> str:
    """The text without terminal control characters, which an id from the remote may contain."""
    return "".join(c if c.isprintable() else "?" for c in text)
