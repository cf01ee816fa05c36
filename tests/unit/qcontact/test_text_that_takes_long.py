"""Text from outside costs time in proportion to its length, whatever it is made of."""

import time
from collections.abc import Callable

import pytest
from qcontact_sync.core.canon import canonical_text, printable
from qcontact_sync.qcontact.entities_lists import plain_text
from qcontact_sync.qcontact.json_bodies import as_utf8

LENGTH = 50_000
PIECES = {
    "letters": "a",
    "marks": "\u0301",
    "marks in two orders": "\u0301\u0323",
    "kana marks": "\u3099",
    "jamo": "\u1100\u1161\u11a8",
    "lone surrogates": "\ud800",
    "null bytes": "\0",
    "line ends": "\r\n",
    "tags": "<",
    "breaks": "<br ",
    "breaks with blanks": "<br" + " " * 50,
    "references": "&#",
    "entities": "&amp;",
}
READERS: dict[str, Callable[[str], object]] = {
    "canonical": canonical_text,
    "printable": printable,
    "plain": plain_text,
    "transcoded": lambda text: as_utf8(text.encode("utf-8", "surrogatepass"), "a; charset=utf-8"),
}


def cpu_s(read: Callable[[str], object], text: str) -> float:
    def once() -> float:
        begun = time.process_time()
        read(text)
        return time.process_time() - begun

    return min(once() for _ in range(3))


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES)
@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_four_times_the_text_takes_about_four_times_as_long(
    read: Callable[[str], object], piece: str
) -> None:
    text = piece * (LENGTH // len(piece))
    assert cpu_s(read, text * 4) < 10 * max(cpu_s(read, text), 0.001)


@pytest.mark.parametrize("digits", [4_300, 4_301, 200_000])
def test_a_reference_of_thousands_of_digits_is_no_character(digits: int) -> None:
    assert plain_text(f"<p>On &#115;ite &#{'9' * digits}; at ten</p>") == "On site \ufffd at ten\n"
