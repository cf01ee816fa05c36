"""What QContact lets a client write, and the errors it answers with."""

from typing import Any

import msgspec

from sandbox.seeds import STATUSES

WRITABLE = frozenset(
    (
        "title", "description", "status", "priority", "category", "subcategory", "assigned_to",
        "customer_name", "customer_phone", "customer_email", "address", "custom_fields",
    )
)  # fmt: skip
_NOTE_FIELDS: dict[str, type | tuple[type, ...]] = {
    "content": str,
    "is_internal": bool,
    "author_id": (str, type(None)),
}
_CODES = {
    400: "VALIDATION_ERROR",
    401: "AUTHENTICATION_ERROR",
    403: "AUTHORIZATION_ERROR",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    408: "TIMEOUT",
    409: "CONFLICT",
    422: "VALIDATION_ERROR",
    429: "RATE_LIMITED",
}


class ApiError(Exception):
    """Ends a request with an error in the dialect's own envelope."""

    def __init__(self, status: int, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field


def error_body(status: int, message: str, field: str | None = None) -> bytes:
    code = _CODES.get(status, "SERVER_ERROR" if status >= 500 else "UNKNOWN_ERROR")
    error = {"message": message, "code": code, **({"field": field} if field else {})}
    return msgspec.json.encode({"error": error})


def _folded(status: str) -> str:
    return status.casefold().translate(str.maketrans("", "", " -_"))


_STATUS_WORDS = {_folded(status): status for status in STATUSES}


def canonical_status(status: str) -> str:
    """The table's spelling; an unknown word stays as it is."""
    return _STATUS_WORDS.get(_folded(status), status)


def read_object(body: bytes) -> dict[str, Any]:
    """Decode a JSON object or refuse with 400."""
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ApiError(400, f"the body is not a JSON object: {error}") from error


def check_ticket(body: dict[str, Any]) -> dict[str, Any]:
    """Return the fields to write, or refuse with 422 naming the field."""
    if not body:
        raise ApiError(422, "no field to write")
    for name, value in body.items():
        if name not in WRITABLE:
            raise ApiError(422, f"{name} can't be written", name)
        expected = dict if name == "custom_fields" else str
        if value is not None and not isinstance(value, expected):
            raise ApiError(422, f"{name} has the wrong type", name)
    _check_words(body)
    return body


def _check_words(body: dict[str, Any]) -> None:
    if "title" in body and not (body["title"] or "").strip():
        raise ApiError(422, "title must not be empty", "title")
    if "status" in body and _folded(body["status"] or "") not in _STATUS_WORDS:
        raise ApiError(422, f"unknown status {body['status']!r}", "status")


def check_note(body: dict[str, Any]) -> dict[str, Any]:
    for name in body:
        if name not in _NOTE_FIELDS:
            raise ApiError(422, f"{name} can't be written", name)
    for name, types in _NOTE_FIELDS.items():
        if not isinstance(body.get(name), types):
            raise ApiError(422, f"{name} is missing or has the wrong type", name)
    if not body["content"].strip():
        raise ApiError(422, "content must not be empty", "content")
    return body
