"""What the errors of FibreFlow's database mean for the run."""

import re

import psycopg

from qcontact_sync.core.errors import (
    Contention,
    ErrorCode,
    RetryableError,
    RowLocked,
    StatementEnded,
    StatementFailed,
    TicketError,
)

_TRANSIENT_CLASSES = ("08", "53", "57")
_LOCK_NOT_AVAILABLE = "55P03"
_QUERY_CANCELED = "57014"
_CODE = ErrorCode.DATABASE_ERROR
# 44 a view's check option, 54 a value too large for an index, P0 what the app's triggers raise.
_ROW_CLASSES = ("22", "23", "44", "54", "P0")
_BEHIND = "; the schema is missing or behind: run `qcontact-sync migrate`"
_ADVICE = {
    "42P01": _BEHIND,
    "42703": _BEHIND,
    "42883": _BEHIND,
    "3F000": "; the search path of this user names no schema that exists: correct search_path",
    "25006": (
        "; the database takes no writes: it is a replica, or default_transaction_read_only "
        "is on for this user or database"
    ),
    "42501": "; `qcontact-sync doctor` names the rights that the user lacks",
}
_SENTENCES = {
    "23502": "a column must be filled, and the sync has no value for it",
    "23514": "a constraint of FibreFlow's refuses the row",
}
# The server ended a transaction that idled, or lasted too long; an object is in use.
_TRANSIENT_STATES = ("25P03", "25P04", "55006")
# Of an error of a statement, after which the connection lasts.
_ERROR = "ERROR"


class RowRejected(TicketError):
    """PostgreSQL refused a row's data; names constraint and table, never values."""

    # Another ticket_uid may be free by then, a constraint of the app's may have gone.
    is_passing = True


def translate(error: psycopg.Error) -> Exception:
    """Group a database error by what the run does next.

    Its own text may hold a row's data, so only names are kept.
    """
    state = error.sqlstate or ""
    where = ", ".join(
        f"{kind} {name}"
        for kind, name in (
            ("constraint", error.diag.constraint_name),
            ("column", error.diag.column_name),
            ("table", error.diag.table_name),
            ("function", _function(error)),
        )
        if name
    )
    message = f"PostgreSQL {type(error).__name__} {state}".strip() + (
        f" ({where})" if where else ""
    )
    message = f"{_SENTENCES[state]}: {message}" if state in _SENTENCES else message
    if state == _LOCK_NOT_AVAILABLE:
        return RowLocked()
    if state == _QUERY_CANCELED:
        # Not narrowed down: each part of the batch may take as long again.
        return RetryableError(f"no answer within the time limit: {message}", _CODE)
    if state[:2] == "40":
        return Contention(message, _CODE)
    if isinstance(error, psycopg.DataError) and not state:
        # What the driver itself refuses to send.
        return RowRejected(message, _CODE)
    # What a trigger raises is an error of the statement, whatever its code.
    is_of_statement = error.diag.severity_nonlocalized == _ERROR
    if not state or state[:2] in _TRANSIENT_CLASSES or state in _TRANSIENT_STATES:
        return (StatementEnded if is_of_statement else RetryableError)(message, _CODE)
    if state[:2] in _ROW_CLASSES:
        return RowRejected(message, _CODE)
    return StatementFailed(message, _ADVICE.get(state, ""))


def _function(error: psycopg.Error) -> str | None:
    """Where a trigger of the application's raised it; the context's first line is the innermost."""
    found = re.match(r"PL/pgSQL function ([\w.]+)\(", error.diag.context or "")
    return found[1] if found else None
