"""What differs between the supported releases of Airflow: docs/compatibility.md lists it.

Only this module knows the release. It serves Airflow 3.1 and newer; what a branch serves goes when
its release is dropped (docs/releasing.md).
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from airflow import __version__

RELEASE = tuple(int(part) for part in __version__.split(".")[:2])

if TYPE_CHECKING or RELEASE >= (3, 2):
    from airflow.sdk import CronDataIntervalTimetable
    from airflow.sdk.exceptions import (
        AirflowFailException,
        AirflowNotFoundException,
        AirflowRescheduleException,
        AirflowSkipException,
    )
else:
    from airflow.exceptions import (
        AirflowFailException,
        AirflowNotFoundException,
        AirflowRescheduleException,
        AirflowSkipException,
    )
    from airflow.timetables.interval import CronDataIntervalTimetable

if TYPE_CHECKING or RELEASE >= (3, 3):
    from airflow.sdk import BaseDeadlineReference, DeadlineAlert  # type: ignore[attr-defined]
elif RELEASE >= (3, 2):
    from airflow.sdk.definitions.deadline import BaseDeadlineReference, DeadlineAlert
else:
    # A deadline may only refer to what Airflow itself offers, and that fires for backfills.
    BaseDeadlineReference = DeadlineAlert = object

if TYPE_CHECKING or RELEASE >= (3, 3):
    from airflow.sdk.observability import stats
elif RELEASE >= (3, 2):
    from airflow.sdk.observability.stats import Stats as stats
else:
    from airflow.stats import Stats as stats

RETRY_BACKOFF = 2.0 if RELEASE >= (3, 2) else True
"""Doubles the pause after each try of a task: a factor, before 3.2 a switch."""

__all__ = [
    "RETRY_BACKOFF",
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowRescheduleException",
    "AirflowSkipException",
    "BaseDeadlineReference",
    "CronDataIntervalTimetable",
    "DeadlineAlert",
    "deadline_alert",
    "stats",
    "with_connection_form",
]

_Hook = TypeVar("_Hook", bound=type)


def deadline_alert(
    name: str, reference: object, after: timedelta, callback: str, kwargs: Mapping[str, object]
) -> DeadlineAlert | None:
    """A Deadline Alert, None where a DAG cannot have one with a reference of ours.

    Args:
        callback: Dotted path of a coroutine function. It runs in the triggerer: a callback in a
            worker cannot read connections from Airflow's database.
    """
    if RELEASE < (3, 2):
        return None
    from airflow.sdk import AsyncCallback  # type: ignore[attr-defined]

    named = {"name": name} if RELEASE >= (3, 3) else {}
    called = AsyncCallback(callback, dict(kwargs))
    return DeadlineAlert(reference=reference, interval=after, callback=called, **named)


def with_connection_form(connection_type: Mapping[str, Any]) -> Callable[[_Hook], _Hook]:
    """Give a hook the form of its connection type where Airflow does not read it as data.

    Args:
        connection_type: As in the provider info: ``conn-fields`` and ``ui-field-behaviour``.
    """

    def add_form(hook: _Hook) -> _Hook:
        if RELEASE < (3, 2):
            form: Any = hook
            behaviour = connection_type["ui-field-behaviour"].items()
            standard_fields = {name.replace("-", "_"): value for name, value in behaviour}
            form.get_ui_field_behaviour = staticmethod(lambda: standard_fields)
            own_fields = connection_type["conn-fields"]
            form.get_connection_form_widgets = staticmethod(lambda: _widgets(own_fields))
        return hook

    return add_form


def _widgets(fields: Mapping[str, Mapping[str, Any]]) -> dict[str, object]:
    """Fields without their limits, which such a form cannot have: the settings check them."""
    # That Airflow puts stand-ins there where wtforms is not installed.
    wtforms, validators = import_module("wtforms"), import_module("wtforms.validators")

    def widget(field: Mapping[str, Any]) -> object:
        schema = field["schema"]
        kind = wtforms.IntegerField if "integer" in schema["type"] else wtforms.StringField
        choices = [validators.any_of(schema["enum"])] if "enum" in schema else []
        return kind(
            field["label"],
            validators=[validators.Optional(), *choices],
            description=field["description"],
            default=schema["default"],
        )

    return {name: widget(field) for name, field in fields.items()}
