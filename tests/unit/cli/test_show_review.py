"""What people are shown of the sync's state: every value whole or marked as cut, nothing silent."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from qcontact_sync.cli.show_review import (
    MAX_LISTED,
    show_conflicts,
    show_failures,
    show_found,
    show_resolved,
    show_status,
    show_story,
)
from qcontact_sync.reporting.alerts import Facts, evaluate
from qcontact_sync.reporting.explain import FieldStory
from qcontact_sync.reporting.health import Surroundings, judge
from qcontact_sync.reporting.places import Names
from qcontact_sync.reporting.timeline import Event, FieldChange
from qcontact_sync.reporting.wording import next_try
from qcontact_sync.services.ticket_story import TicketStory

ZONE = ZoneInfo("Africa/Johannesburg")
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
ANN = "00000000-0000-0000-0000-000000000001"
KEY = UUID("7b3f2c1e-6f0a-5d6b-9c58-2a1d1f0e4b7a")


def an_entry(**changes):
    return {
        "id": KEY,
        "qcontact_ticket_id": "21924300004",
        "ticket_uid": "FT499061",
        "direction": "outbound",
        "error_code": "VALIDATION_ERROR",
        "error_message": "status was refused",
        "attempts": 1,
        "first_failed_at": NOW,
        "next_try_at": None,
        "decision": None,
        "decided_by": None,
        "decided_at": None,
        "dismissed_at": None,
        "state": "waiting",
        **changes,
    }


def a_conflict(**changes):
    return {
        "id": KEY,
        "qcontact_ticket_id": "21924300004",
        "ticket_uid": "FT499061",
        "field": "status",
        "kind": "needs_you",
        "is_open": True,
        "local_value": "closed",
        "local_name": None,
        "remote_value": "In Progress",
        "loser": None,
        "reason": "re-opened in QContact while ended in FibreFlow",
        "opened_at": NOW,
        "resolution": None,
        "decided_by": None,
        "decided_at": None,
        **changes,
    }


SETTLED = {"kind": "settled", "is_open": False}


def a_story(**changes):
    return TicketStory(
        **{
            "qcontact_ticket_id": "21924300004",
            "ticket_id": None,
            "ticket_uid": "FT499061",
            "problem": None,
            "fields": (),
            "assignees": {},
            "notes_to_send": 0,
            "failures": [],
            "history": [],
            **changes,
        }
    )


def a_health(**changes):
    row = {
        "last_sync_at": NOW,
        "last_sync_status": "success",
        "last_sync_duration_seconds": 1.5,
        "quarantined": 0,
        "conflicts_open": 0,
        "failed_last_24h": 0,
        "success_rate_last_7d": None,
        "stuck": 0,
        "broken_runs_last_24h": 1,
        "has_run": True,
        "in_step_until": NOW,
    }
    facts = Facts(
        now=NOW, since=NOW, last_settled_at=NOW, needs_you=changes.get("conflicts_open", 0)
    )
    alerts, _ = evaluate(facts, ())
    return judge({**row, **changes}, 3, facts, alerts, Surroundings(), Names(), str)


def test_the_status_is_on_a_line_each(capsys):
    show_status(a_health(), ZONE, NOW)
    assert capsys.readouterr().out.splitlines() == [
        "healthy",
        "last run              success, 2026-11-23 08:00:00 SAST (06:00:00 UTC), took 1.5 s",
        "next run              not known here: see the dashboard",
        "in step up to         2026-11-23 08:00 SAST (06:00 UTC)",
        "pending outbound      3",
        "in quarantine         0",
        "open conflicts        0",
        "tickets failed, 24 h  0",
        "runs broke, 24 h      1",
        "success, last 7 d     -",
    ]


@pytest.mark.parametrize(
    ("waiting", "said"),
    [(1, "1 open conflict needs a decision"), (2, "2 open conflicts need a decision")],
)
def test_what_is_wrong_comes_first(capsys, waiting, said):
    show_status(a_health(conflicts_open=waiting), ZONE, NOW)
    assert capsys.readouterr().out.splitlines()[:2] == ["needs attention", f"  ! {said}"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({}, "not tried again until the ticket changes", id="refused"),
        pytest.param({"next_try_at": NOW, "state": "due"}, "tried again by the next run", id="due"),
        pytest.param(
            {"next_try_at": NOW + timedelta(hours=2), "state": "pausing"},
            "tried again after 2026-11-23 10:00 SAST (08:00 UTC)",
            id="pausing",
        ),
        pytest.param(
            {"next_try_at": NOW, "dismissed_at": NOW, "state": "dismissed"},
            "dismissed: not tried again until the ticket changes",
            id="dismissed",
        ),
    ],
)
def test_an_entry_says_when_it_is_tried_again(changes, said):
    assert next_try(an_entry(**changes), ZONE) == said


def test_an_entry_has_its_ids_its_reason_and_its_tries(capsys):
    show_failures([an_entry(attempts=3)], ZONE)
    assert capsys.readouterr().out.splitlines() == [
        "FT499061 (QContact 21924300004), outbound: VALIDATION_ERROR: status was refused",
        "    failed 3 times since 2026-11-23 08:00 SAST (06:00 UTC); "
        "not tried again until the ticket changes",
        f"    id {KEY}",
    ]


def test_a_long_list_ends_with_how_many_are_left(capsys):
    show_failures([an_entry()] * (MAX_LISTED + 7), ZONE)
    out = capsys.readouterr().out
    assert out.count("status was refused") == MAX_LISTED
    assert out.endswith("and 7 more; qcontact-sync failures --json lists them all\n")


def test_every_conflict_that_needs_somebody_is_listed_however_many(capsys):
    waiting = [a_conflict()] * (MAX_LISTED + 5)
    show_conflicts([*waiting, *[a_conflict(**SETTLED)] * 3], ZONE)
    out = capsys.readouterr().out
    assert out.startswith(f"{MAX_LISTED + 5} open conflicts need a decision, 3 resolved\n")
    assert out.count("--keep local|remote") == MAX_LISTED + 5
    assert "and 3 more; qcontact-sync conflicts --json lists them all" in out


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param(
            {**SETTLED, "loser": "remote"}, "; QContact's value was not kept", id="remote-lost"
        ),
        pytest.param(
            {**SETTLED, "loser": "local"}, "; FibreFlow's value was not kept", id="local-lost"
        ),
        pytest.param({**SETTLED}, "; both values were kept", id="adopted"),
        pytest.param({"is_open": False, "resolution": "kept local"}, "; kept local", id="resolved"),
        pytest.param(
            {"is_open": False, "resolution": "kept local", "decided_by": "clerk"},
            "; kept local, by clerk",
            id="resolved-by",
        ),
    ],
)
def test_a_conflict_that_is_over_says_how(capsys, changes, said):
    show_conflicts([a_conflict(**changes)], ZONE)
    out = capsys.readouterr().out
    assert out.endswith(f"{said}\n")
    assert "--keep" not in out


def test_a_conflict_shows_the_assignees_by_name(capsys):
    show_conflicts(
        [a_conflict(field="assigned_to", local_value=ANN, local_name="Ann", remote_value=None)],
        ZONE,
    )
    assert "FibreFlow Ann, QContact -" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("resolution", "said"),
    [
        ("kept local", "kept local; the next run sends FibreFlow's value"),
        ("kept remote", "kept remote; QContact's value was written to FibreFlow"),
        ("deleted in FibreFlow", "deleted in FibreFlow"),
    ],
)
def test_what_was_decided_says_what_comes_next(capsys, resolution, said):
    show_resolved(a_conflict(is_open=False, resolution=resolution))
    shown = capsys.readouterr().out
    assert shown == f"status of FT499061 (QContact 21924300004): {said}\n"


def test_a_story_shows_who_is_meant_and_what_is_unknown(capsys):
    field = FieldStory("assigned_to", None, "Ben", ANN, None, "unknown", "unknown", "down")
    show_story(a_story(fields=(field,), assignees={ANN: "Ann"}, problem="QContact: down"), ZONE)
    out = capsys.readouterr().out.splitlines()
    assert out[:2] == ["FT499061 (QContact 21924300004)", "QContact: down"]
    row = next(line for line in out if "assigned_to" in line)
    for part in ("- / Ben", "Ann", "unknown", "unknown (down)"):
        assert part in row


def test_what_a_ticket_holds_is_text_and_long_values_are_cut(capsys):
    title = "[red]" + "x" * 100 + "\x1b[2J"
    field = FieldStory("title", None, "\x1b[2J", "[red]x[/red]", title, "take", "comes in", "")
    show_story(a_story(fields=(field,)), ZONE)
    out = capsys.readouterr().out
    assert "[red]x[/red]" in out
    assert "[red]xxx" in out
    assert "…" in out
    assert "\x1b" not in out


def test_the_timeline_says_when_what_was_done_and_by_whom(capsys):
    events = (
        Event(NOW, "conflict about status ended: kept local", "decision", by="clerk"),
        Event(NOW, "sent to QContact", "success", (FieldChange("status", "Open", "Closed"),)),
        Event(NOW, "failed: create to FibreFlow", "failed", details="the ticket has no title"),
    )
    show_story(a_story(timeline=events), ZONE)
    assert capsys.readouterr().out.splitlines()[1:] == [
        "timeline, newest first:",
        "  2026-11-23 08:00:00 SAST (06:00:00 UTC)  "
        "conflict about status ended: kept local by clerk",
        "  2026-11-23 08:00:00 SAST (06:00:00 UTC)  sent to QContact",
        "      status: Open → Closed",
        "  2026-11-23 08:00:00 SAST (06:00:00 UTC)  failed: create to FibreFlow",
        "      the ticket has no title",
    ]


def test_the_command_of_a_conflict_names_the_field_only_where_the_ticket_has_several(capsys):
    show_conflicts([a_conflict()], ZONE)
    assert "conflicts resolve FT499061 --keep local|remote" in capsys.readouterr().out
    show_conflicts([a_conflict(), a_conflict(field="assigned_to")], ZONE)
    assert "resolve FT499061 --field assigned_to --keep local|remote" in capsys.readouterr().out


def test_tickets_that_match_a_search_have_what_tells_them_apart(capsys):
    row = {
        "qcontact_ticket_id": "21924300004",
        "ticket_uid": "FT499061",
        "status": "open",
        "title": "No light",
        "dr_number": "DR1",
        "ont_serial": None,
    }
    show_found([row, {**row, "ticket_uid": None, "status": None}])
    assert capsys.readouterr().out.splitlines() == [
        "2 tickets match; give more of the number, or one of these:",
        "  FT499061 (QContact 21924300004): open, No light, DR1",
        "  (QContact 21924300004): No light, DR1",
    ]
