"""Which cases a list shows: the filters and sort orders that are known to work, and the others."""

from collections.abc import Callable
from typing import Any

import msgspec

from sandbox.cases import Case, case_of
from sandbox.directory import Directory
from sandbox.entities_words import raw_status
from sandbox.store import Version
from sandbox.switches import Switches
from sandbox.writes import ApiError

_KEPT_LISTS = 32
_FILTERS = ("assigned_to", "status", "category", "contact", "reference")
_SORTS = ("id", "label", "status", "category", "assigned_to", "contact", "created_at")
Matches = Callable[[Case], bool]


class Condition(msgspec.Struct):
    name: str
    operator: str
    value: Any = None


class FilterGroup(msgspec.Struct):
    operator: str = "all"
    conditions: list[Condition] = []


class CaseLists:
    """The last lists that were asked for, kept until any ticket changes. Not locked."""

    def __init__(self) -> None:
        self._of: list[Version] = []
        self._found: dict[object, list[Version]] = {}

    def find(
        self, all_: list[Version], key: object, search: Callable[[], list[Version]]
    ) -> list[Version]:
        """`all_` is a new list whenever anything in it changed."""
        if all_ is not self._of or len(self._found) >= _KEPT_LISTS:
            self._of, self._found = all_, {}
        if key not in self._found:
            self._found[key] = search()
        return self._found[key]


def read_filters(text: str) -> list[FilterGroup]:
    if not text.strip():
        return []
    try:
        return msgspec.json.decode(text, type=list[FilterGroup])
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ApiError(400, f"filters can't be read: {error}", "filters") from error


def search(all_: list[Version], filters: list[FilterGroup], directory: Directory) -> list[Version]:
    """Keep the order; everything but ``equals`` under ``all`` breaks the server."""
    tests = [_test(condition) for group in filters for condition in _conditions(group)]
    if not tests:
        return all_
    return [v for v in all_ if all(test(case_of(v, directory)) for test in tests)]


def _conditions(group: FilterGroup) -> list[Condition]:
    if group.operator != "all":
        raise ApiError(500, "undefined method for nil")
    return group.conditions


def _test(condition: Condition) -> Matches:
    if condition.operator != "equals":
        raise ApiError(500, "undefined method for nil")
    if condition.name not in _FILTERS:
        raise ApiError(400, f"{condition.name} is no column to filter by", "filters")
    name = condition.name
    wanted = _comparable(name, condition.value)
    return lambda case: _comparable(name, case.fields.get(name)) == wanted


def _comparable(name: str, value: Any) -> str:
    return str(raw_status(value) if name == "status" else value)


def sort(
    found: list[Version], order: str, directory: Directory, switches: Switches
) -> list[Version]:
    """By ``"id DESC"``; what comes of another order is switched."""
    name, _, direction = order.partition(" ")
    if order == "id DESC" or switches.other_sorts == "honoured":
        key = _sort_key(name, directory)
        return sorted(found, key=key, reverse=direction.upper() == "DESC")
    if switches.other_sorts == "refused":
        raise ApiError(400, f"can't sort by {order}", "sort")
    return found


def _sort_key(name: str, directory: Directory) -> Callable[[Version], Any]:
    if name not in _SORTS:
        raise ApiError(400, f"can't sort by {name}", "sort")
    if name == "created_at":
        return lambda version: version.created
    if name in ("id", "label"):
        return lambda version: getattr(case_of(version, directory), name) or ""
    return lambda version: str(case_of(version, directory).fields.get(name) or "")
