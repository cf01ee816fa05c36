"""Bodies as JSON: any declared charset, byte order marks, and JSON that strict parsers refuse."""

import codecs
import json
import math
import re
from typing import TypeVar

import msgspec

MAX_NUMBER_DIGITS = 100
T = TypeVar("T")

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
# Python also knows codecs that are no charset of a text (punycode, unicode_escape, zlib).
_TEXT_CODECS = re.compile(
    r"(utf-(16|32)|iso8859|cp|mac|koi8|shift_jis|euc_|gb|big5|hz|iso2022|tis)[-_a-z0-9]*"
)
_decoder = msgspec.json.Decoder()


class UnexpectedBody(ValueError):
    """The body is not the JSON that QContact's API promises; its text is not repeated."""


def as_utf8(body: bytes, content_type: str) -> bytes:
    """The body in UTF-8, without a byte order mark.

    Args:
        content_type: The header; a declared charset counts unless the body has a byte order mark.
    """
    for mark, charset in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return _transcoded(body[len(mark) :], charset)
    declared = _CHARSET.search(content_type)
    return _transcoded(body, declared.group(1)) if declared else body


def _transcoded(body: bytes, charset: str) -> bytes:
    try:
        codec = codecs.lookup(charset).name
        if not _TEXT_CODECS.fullmatch(codec):
            return body
        return body.decode(codec).encode("utf-8", "surrogatepass")
    except (LookupError, UnicodeError):
        # Declared wrongly: JSON is UTF-8 unless something else holds.
        return body


def converted(decoded: object, type_: type[T]) -> T:
    """Plain values as this type.

    Raises:
        UnexpectedBody: They are not of that shape.
    """
    try:
        return msgspec.convert(decoded, type_, strict=False)
    except (msgspec.ValidationError, UnicodeError, RecursionError) as error:
        raise UnexpectedBody("not the promised envelope") from error


def untyped(received: object) -> object:
    """JSON text as plain values; what is not JSON text passes through.

    Raises:
        UnexpectedBody: It is not JSON.
    """
    if not isinstance(received, bytes | msgspec.Raw):
        return received
    try:
        return _decoder.decode(received)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return forgiving_loads(bytes(received))


def forgiving_loads(body: bytes) -> object:
    """Lone surrogates, control characters, NaN and stray bytes: no JSON to msgspec, yet seen.

    Stray bytes and lone surrogates come out as surrogates, which `canonical_text` drops.

    Raises:
        UnexpectedBody: It is not JSON even so.
    """
    text = body.decode("utf-8", "surrogateescape")
    try:
        return json.loads(text, strict=False, parse_int=_int_or_nan)
    except (ValueError, RecursionError) as error:
        raise UnexpectedBody("not JSON") from error


def _int_or_nan(digits: str) -> int | float:
    # Python refuses to convert thousands of digits.
    return int(digits) if len(digits) <= MAX_NUMBER_DIGITS else math.nan
