"""DAG files of a bundle may be of another release: what they call stays for one."""

import inspect
from importlib import import_module

import pytest
from qcontact_sync.config.accounts import Account

from tests.private_airflow import PROJECT

PAGE = PROJECT / "docs" / "deploying.md"
CALLS = [
    ("declaring.accounts_to_declare", ()),
    ("declaring.manual", ("text", Account())),
    ("declaring.run_params", ()),
    ("declaring.late_alert", (Account(), None)),
    ("declaring.ticket_assets", (Account(),)),
    ("declaring.failure_callback", (Account(),)),
    ("deadlines.ScheduledSlotDeadline", ()),
    ("deadlines.on_deadline", ({}, "default")),
    ("steps.start_run", ({}, "default")),
    ("steps.run_direction", ({}, "inbound", "default")),
    ("steps.announce", ({}, None, None, {})),
    ("steps.finish_run", ({}, "default")),
    ("alerts.on_failure", ({}, "default")),
    ("alerts.check_and_notify", ("default",)),
    ("alerts.tell", ("default",)),
    ("monitoring.check_alerts", ({}, "default")),
    ("monitoring.compare_sample", ("default",)),
    ("monitoring.delete_old_rows", ("default",)),
]


NAMES = ["version_compat.CronDataIntervalTimetable", "version_compat.RETRY_BACKOFF"]


@pytest.mark.parametrize("name", NAMES)
def test_what_dag_files_import_besides_is_there_and_documented(name):
    module, imported = name.split(".")

    assert hasattr(import_module(f"qcontact_sync.on_airflow.{module}"), imported)
    assert f"`{name}`" in PAGE.read_text()


@pytest.mark.parametrize(("name", "arguments"), CALLS, ids=[name for name, _ in CALLS])
def test_what_dag_files_call_is_there_with_its_arguments_and_documented(name, arguments):
    module, function = name.split(".")
    called = getattr(import_module(f"qcontact_sync.on_airflow.{module}"), function)

    assert inspect.signature(called).bind(*arguments)
    assert f"`{name}`" in PAGE.read_text()
