"""What people are shown: times, tables, and nothing that would command their terminal."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from qcontact_sync.cli.show_runs import (
    show_checks,
    show_history,
    show_last,
    show_result,
)
from qcontact_sync.core.canon import printable
from qcontact_sync.reporting.formats import shown_at, shown_briefly
from qcontact_sync.services.checks import Check, State
from qcontact_sync.services.results import HistoryRow, JobResult

JOHANNESBURG = ZoneInfo("Africa/Johannesburg")
STARTED = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
JOB = UUID("11111111-2222-3333-4444-555555555555")


def an_error(number=1, **changes):
    return {
        "qcontact_ticket_id": f"219243{number:05}",
        "sync_type": "create",
        "error_code": "VALIDATION_ERROR",
        "error_message": "no title",
        **changes,
    }


def a_row(**changes):
    columns = {
        "id": JOB,
        "started_at": STARTED,
        "completed_at": STARTED + timedelta(seconds=90),
        "duration_seconds": 90.0,
        "status": "partial",
        "total_processed": 12,
        "total_success": 9,
        "total_failed": 1,
        "success_rate": 0.9,
        "inbound_processed": 8,
        "inbound_success": 6,
        "inbound_failed": 1,
        "outbound_processed": 4,
        "outbound_success": 3,
        "outbound_failed": 0,
        "error_message": None,
        "error_code": None,
        "sync_options": {"dry_run": False},
        "sync_result": {"errors": [an_error()]},
        "created_at": STARTED,
    }
    return HistoryRow(**{**columns, **changes})


def a_result(sync_result, **changes):
    return JobResult(
        **{
            "job_id": JOB,
            "status": "success",
            "started_at": STARTED,
            "completed_at": STARTED,
            "duration_seconds": 1.25,
            "sync_result": sync_result,
            "summary": {},
            "window_start": None,
            "window_end": STARTED,
            **changes,
        }
    )


def test_a_time_is_shown_in_the_zone_with_utc_beside():
    assert shown_at(STARTED, JOHANNESBURG) == "2026-11-24 00:30:00 SAST (2026-11-23T22:30:00Z)"
    assert shown_at(None, JOHANNESBURG) == "the beginning"


@pytest.mark.parametrize(
    ("hour", "shown"),
    [
        pytest.param(6, "2026-11-23 08:00 SAST (06:00 UTC)", id="same-day"),
        pytest.param(22, "2026-11-24 00:00 SAST (11-23 22:00 UTC)", id="across-midnight"),
    ],
)
def test_in_a_list_a_time_is_short(hour, shown):
    assert shown_briefly(datetime(2026, 11, 23, hour, tzinfo=UTC), JOHANNESBURG) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("FT100042", "FT100042", id="plain"),
        pytest.param("\x1b]0;owned\x07", "?]0;owned?", id="escape"),
        pytest.param("one\ntwo", "one?two", id="line-break"),
        pytest.param("Zoë", "Zoë", id="letters"),
    ],
)
def test_what_would_command_the_terminal_is_not_printed(text, shown):
    assert printable(text) == shown


def test_a_history_row_has_times_counts_and_rate(capsys):
    show_history([a_row()], JOHANNESBURG)
    out = capsys.readouterr().out
    for part in ("2026-11-24 00:30", "11-23 22:30", "partial", "90.0 s", "90.0%"):
        assert part in out
    assert " ".join(out.split()).count("8 6 1 4 3 0") == 1
    for heading in ("inbound processed", "inbound written", "outbound failed"):
        assert heading in out


def test_a_running_run_has_dashes_for_what_is_not_known_yet(capsys):
    show_history([a_row(status="running", duration_seconds=None, success_rate=None)], JOHANNESBURG)
    running = next(x for x in capsys.readouterr().out.splitlines() if "running" in x)
    assert running.split().count("-") == 2


def test_an_empty_history_says_so(capsys):
    show_history([], JOHANNESBURG)
    show_last(None, JOHANNESBURG)
    assert capsys.readouterr().out.splitlines() == ["no such run recorded", "no run recorded yet"]


def test_the_first_failures_are_listed_and_the_others_counted(capsys):
    show_last(a_row(sync_result={"errors": [an_error(n) for n in range(23)]}), JOHANNESBURG)
    out = capsys.readouterr().out
    assert out.count("VALIDATION_ERROR: no title") == 20
    assert "and 3 more" in out


def test_a_failed_run_says_what_to_do(capsys):
    failed = a_row(error_code="AUTHENTICATION_ERROR", error_message="GET /tickets: 401")
    show_last(failed, JOHANNESBURG)
    out = " ".join(capsys.readouterr().out.split())
    assert (
        "AUTHENTICATION_ERROR: GET /tickets: 401 QContact does not accept the credentials: " in out
    )
    assert "put a valid key into the QContact connection" in out


def test_square_brackets_are_text(capsys):
    show_last(a_row(sync_result={"errors": [an_error(error_message="[red]x[/red]")]}), JOHANNESBURG)
    assert "[red]x[/red]" in capsys.readouterr().out


def test_a_stopped_direction_says_so(capsys):
    stats = {"total_processed": 3, "successful": 3, "is_complete": False}
    show_result(a_result({"inbound_stats": stats, "outbound_stats": None}), JOHANNESBURG)
    assert "stopped before its end" in capsys.readouterr().out


def test_a_long_plan_says_how_much_is_not_listed(capsys):
    line = {"sign": "~", "qcontact_ticket_id": "7", "ticket_uid": "FT7", "fields": ["title"]}
    counts = {"create": 0, "update": 5, "send": 0, "needs_you": 0, "would_fail": 0}
    part = {"summary": "~ 5 update", **counts, "lines": [line] * 2, "failures": [], "notices": []}
    show_result(a_result({"plan": {"inbound": part}}), JOHANNESBURG)
    out = capsys.readouterr().out.splitlines()
    assert out[1:] == [
        "inbound: ~ 5 update",
        "  ~ 7  FT7  title",
        "  ~ 7  FT7  title",
        "  and 3 more",
    ]


def test_a_check_shows_its_state_and_what_to_do(capsys):
    show_checks([Check("schema", State.FAILED, "lacks 0002", "run qcontact-sync migrate")])
    out = capsys.readouterr().out
    for part in ("schema", "failed", "lacks 0002", "run qcontact-sync migrate"):
        assert part in out


def test_a_row_turns_into_plain_values():
    plain = a_row().to_dict()
    assert plain["id"] == str(JOB)
    assert plain["started_at"] == "2026-11-23T22:30:00+00:00"
    assert plain["success_rate"] == 0.9
    assert plain["sync_options"] == {"dry_run": False}
