"""A run's params, read strictly."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from qcontact_sync.core.canon import canonical_text
from qcontact_sync.core.errors import ErrorCode, FatalError
from qcontact_sync.core.model import Direction
from qcontact_sync.core.params import PARAM_NAMES, RUN_PARAMS, SYNC_DIRECTIONS, ParamKind

TICKET_ID = r"\s*[^\s\x00][^\x00]*"
"""The whole of an id, as a pattern of Python's and of JSON Schema's.

It says nothing of more combining marks in a row than `core.canon.MAX_MARKS`, which are refused too.
"""
MOMENT = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?"
"""A date, or a date and time, with or without a zone; JSON Schema's ``date-time`` needs one."""
_FIRST_YEAR = 1970


class ParamError(FatalError):
    """An invalid param; the message names it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ErrorCode.VALIDATION_ERROR)


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A run's params, checked (docs/airflow.md, "Starting a run by hand").

    Attributes:
        ticket_ids: FibreFlow uuids, ticket_uids or QContact ids, as given.
    """

    start_date: datetime | None = None
    end_date: datetime | None = None
    sync_direction: str = "both"
    ticket_ids: tuple[str, ...] = ()
    force_resync: bool = False
    dry_run: bool = False
    confirm_outbound: bool = False

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The requested directions, in the order in which they run."""
        return (
            tuple(Direction) if self.sync_direction == "both" else (Direction(self.sync_direction),)
        )

    @property
    def is_dated(self) -> bool:
        """Whether a date was given; such a run never moves the cursor."""
        return self.start_date is not None or self.end_date is not None

    def to_dict(self) -> dict[str, object]:
        """The params as they are stored (``sync_options``)."""
        return {name: _plain(getattr(self, name)) for name in PARAM_NAMES}


def parse_request(params: Mapping[str, object]) -> RunRequest:
    """Read params from a form, a conf or a command line.

    Args:
        params: Keys of `PARAM_NAMES`; missing and null mean the default. A date is a datetime
            or ISO 8601 text; one without a zone is UTC.

    Raises:
        ParamError: An unknown key or an invalid value; names it.
    """
    unknown = sorted(set(params) - set(PARAM_NAMES))
    if unknown:
        raise ParamError(f"unknown param {', '.join(unknown)}; known are {', '.join(PARAM_NAMES)}")
    request = RunRequest(
        **{p.name: _READERS[p.kind](p.name, params.get(p.name)) for p in RUN_PARAMS}
    )
    start, end = request.start_date, request.end_date
    if start and end and end <= start:
        raise ParamError(f"end_date {end.isoformat()} is not after start_date {start.isoformat()}")
    return request


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _date(name: str, value: object) -> datetime | None:
    if value is None:
        return None
    moment = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            moment = None
    if not isinstance(moment, datetime):
        raise ParamError(f"{name} is not an ISO 8601 date and time, such as 2026-11-23T06:00:00Z")
    instant = _in_utc(moment)
    # A window starts earlier by the overlap, which the year 1 has no room for.
    if instant is None or instant.year < _FIRST_YEAR:
        raise ParamError(f"{name} is not between the years {_FIRST_YEAR} and 9999 in UTC")
    return instant


def _in_utc(moment: datetime) -> datetime | None:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None


def _direction(name: str, value: object) -> str:
    if value is None:
        return "both"
    if value not in SYNC_DIRECTIONS:
        raise ParamError(f"{name} is not one of {', '.join(SYNC_DIRECTIONS)}")
    return str(value)


def _ticket_ids(name: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not all(_is_id(v) for v in value):
        raise ParamError(f"{name} is not a list of ids")
    ids = tuple(str(v).strip() for v in value)
    if not all(ids):
        raise ParamError(f"{name} holds an empty id")
    if any(was_dropped for _, was_dropped in map(canonical_text, ids)):
        raise ParamError(f"{name} holds an id with characters that cannot be stored")
    return tuple(dict.fromkeys(ids))


def _is_id(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _switch(name: str, value: object) -> bool:
    if value is None:
        return False
    if not isinstance(value, bool):
        raise ParamError(f"{name} is neither true nor false")
    return value


_READERS: Mapping[ParamKind, Callable[[str, object], Any]] = {
    ParamKind.DIRECTION: _direction,
    ParamKind.MOMENT: _date,
    ParamKind.IDS: _ticket_ids,
    ParamKind.SWITCH: _switch,
}
