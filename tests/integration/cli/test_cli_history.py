"""``history`` and ``last``, and their twins in Python."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from pydantic import SecretStr
from qcontact_sync.config.access import FibreFlowAccess
from qcontact_sync.jobs import get_last_sync_job_run, get_sync_job_history

from tests.database import tuples as query

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


@pytest.fixture
def runs(program, fibreflow_db):
    """Three runs on record, the oldest first."""
    query(
        fibreflow_db,
        """
        INSERT INTO sync_job_history
            (id, started_at, completed_at, duration_seconds, status, total_processed,
             total_success, total_failed, success_rate, error_code, sync_result)
        VALUES
            ('00000000-0000-0000-0000-000000000001', '2026-03-01 00:00Z', '2026-03-01 00:01Z', 60,
             'success', 10, 4, 0, 1, NULL, '{"errors": []}'),
            ('00000000-0000-0000-0000-000000000002', '2026-03-01 06:00Z', '2026-03-01 06:01Z', 60.5,
             'partial', 10, 3, 1, 0.75, NULL, '{"errors": [{"ticket_id": null}]}'),
            ('00000000-0000-0000-0000-000000000003', '2026-03-01 12:00Z', '2026-03-01 12:01Z', 60,
             'failed', 0, 0, 0, NULL, 'NETWORK_ERROR', '{"errors": []}')
        """,
    )
    return program


def numbers(ended):
    assert ended.exit_status == 0
    return [UUID(row["id"]).int for row in ended.document]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param([], [3, 2, 1], id="all-newest-first"),
        pytest.param(["--limit", "2"], [3, 2], id="limit"),
        pytest.param(["--status", "partial"], [2], id="status"),
        pytest.param(["--start-date", "2026-03-01T06:00"], [3, 2], id="start-included"),
        pytest.param(["--end-date", "2026-03-01T08:00+02:00"], [1], id="end-excluded"),
        pytest.param(["--status", "running"], [], id="none"),
    ],
)
def test_history_filters(runs, arguments, expected):
    assert numbers(runs("history", "--json", *arguments)) == expected


def test_a_row_has_every_column_of_the_table(runs, fibreflow_db):
    columns = query(
        fibreflow_db,
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'sync_job_history'",
    )
    document = runs("last", "--json").document
    assert document.keys() == {name for (name,) in columns}


def test_last_is_the_newest(runs):
    document = runs("last", "--json").document
    assert (document["status"], document["error_code"]) == ("failed", "NETWORK_ERROR")
    assert document["started_at"] == "2026-03-01T12:00:00+00:00"


def test_last_is_null_where_there_is_none(program):
    assert program("last", "--json").stdout == "null\n"
    assert program("last").stdout == "no run recorded yet\n"


def test_the_table_shows_the_zone_and_utc(runs):
    ended = runs("history")
    first = next(line for line in ended.stdout.splitlines() if "partial" in line)
    assert first.split()[:6] == ["2026-03-01", "08:00:00", "03-01", "06:00:00", "partial", "60.5"]


def test_the_zone_can_be_chosen(runs):
    ended = runs.having(QCONTACT_SYNC_TIMEZONE="America/Bogota")("history")
    assert "started (America/Bogota)" in ended.stdout
    assert "2026-03-01 01:00" in ended.stdout


def test_dates_are_checked(runs):
    ended = runs("history", "--json", "--start-date", "yesterday")
    assert (ended.exit_status, ended.document["error"]["code"]) == (2, "VALIDATION_ERROR")


def test_from_python_rows_have_attributes(runs, fibreflow_db):
    fibreflow = FibreFlowAccess(SecretStr(fibreflow_db))
    newest = get_last_sync_job_run(fibreflow=fibreflow)
    assert newest is not None
    assert newest.started_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    (partial,) = get_sync_job_history(status="partial", fibreflow=fibreflow)
    assert (partial.success_rate, partial.duration_seconds) == (0.75, 60.5)
    assert partial.sync_result == {"errors": [{"ticket_id": None}]}
