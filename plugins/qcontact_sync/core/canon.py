"""Canonical text: the form in which text is compared and stored.

QContact and FibreFlow each trim, re-encode and normalise text a little, which is no edit; and
PostgreSQL refuses NUL and lone surrogates.
"""

import unicodedata


def canonical_text(text: str) -> tuple[str | None, bool]:
    """Normalise text on its way in.

    Returns:
        The text in NFC with unix line ends and without surrounding blanks, or None if nothing is
        left; and whether characters that cannot be stored (NUL, lone surrogates) were dropped.
    """
    if text.isascii() and "\x00" not in text:
        storable = text
    else:
        storable = (
            text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
        )
        was_dropped = storable != text
        storable = unicodedata.normalize("NFC", storable)
        return _tidy(storable), was_dropped
    return _tidy(storable), False


def _tidy(text: str) -> str | None:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.strip() or None


def printable(text: str) -> str:
    """The text without terminal control characters, which an id from the remote may contain."""
    return "".join(c if c.isprintable() else "?" for c in text)
