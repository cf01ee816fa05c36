"""A scene with every kind of work in it, and how it ends."""

from collections import Counter
from typing import Any

from tests.integration.sync_world import World


def set_up(world: World) -> None:
    """Tickets that are known, and then something to do for each."""
    ann = world.add_user("Ann Nel")
    ids = {
        name: world.add_ticket(status="Open", title=name)
        for name in ("edited", "sent", "noted", "conflict", "reopened", "assigned", "refused")
    }
    world.run()
    world.set_local(ids["reopened"], status="resolved")
    world.run()
    world.edit(ids["edited"], title="edited there", priority="high")
    world.set_local(ids["sent"], status="in_progress")
    world.add_note(ids["noted"], "first note")
    world.add_note(ids["noted"], "second note")
    world.edit(ids["conflict"], status="Assigned")
    world.set_local(ids["conflict"], status="pending_qa")
    world.edit(ids["reopened"], status="Open")
    world.set_local(ids["assigned"], assigned_to=ann)
    world.qcontact.faults.add(
        do="answer", status=422, method="PATCH", ticket_id=ids["refused"], times="forever"
    )
    world.set_local(ids["refused"], status="assigned")
    world.add_ticket(status="New", title="created")
    _add_malformed(world)
    world.pass_time(400)


def _add_malformed(world: World) -> None:
    """A ticket that cannot be decoded: a case needs more than an empty title for that."""
    ticket = world.add_ticket(status="New", title="")
    if world.sandbox.dialect == "entities":
        world.qcontact.faults.add(
            do="answer", status=200, body="{}", method="GET", path=f"/Case/{ticket}$",
            times="forever",
        )  # fmt: skip


def mend(world: World) -> str:
    """Run once more; what the run does: tickets and notes that it brings in, changes and notes that
    it asks QContact to take.
    """
    before, known = len(world.sent()), _received(world)
    stats = world.run_without_pauses()[0].sync_result["inbound_stats"]
    asked = Counter(method for _, method, _ in world.sent()[before:])
    notes, came = asked["POST"], _received(world) - known
    deeds = {
        "in": stats["successful"],
        "note in" if came == 1 else "notes in": came,
        "out": asked["PATCH"],
        "note" if notes == 1 else "notes": notes,
    }
    return ", ".join(f"{number} {what}" for what, number in deeds.items() if number) or "nothing"


def _received(world: World) -> int:
    found = world.value("SELECT count(*) FROM qcontact_note WHERE state = 'received'")
    return int(found)


def end_of(world: World) -> dict[str, Any]:
    """Both sides and the sync's memory, without what differs from one play to the next."""
    there = {
        ticket: (shown["title"], shown["status"], shown.get("assigned_to"), world.notes_at(ticket))
        for ticket, shown in world.qcontact.tickets.items()
    }
    here = world.rows(
        "SELECT external_id, title, status, priority, users.full_name FROM tickets"
        " LEFT JOIN users ON users.id = tickets.assigned_to ORDER BY external_id"
    )
    links = world.rows(
        "SELECT remote_id, base_status_local, frozen,"
        " base_remote - '{created_at,original_logged_date}'::text[] AS base_remote"
        " FROM qcontact_ticket_link"
        " ORDER BY remote_id"
    )
    conflicts = world.rows(
        "SELECT DISTINCT remote_id, field, kind, loser, local_value, remote_value,"
        " resolved_at IS NULL AS is_open FROM qcontact_conflict ORDER BY 1, 2, 3"
    )
    quarantine = world.rows(
        "SELECT remote_id, direction, error_code FROM qcontact_quarantine ORDER BY 1, 2"
    )
    return {
        "there": there,
        "here": here,
        "links": links,
        "conflicts": conflicts,
        "quarantine": quarantine,
    }
