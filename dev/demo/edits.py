"""The edits on both sides between the demo's two runs. All names are invented."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dev.demo.fibreflow import Row, query
from dev.demo.sandbox_qcontact import SandboxQContact

STAFF_IN_BOTH = 5  # agents who are FibreFlow users, too; the others have no counterpart there
NOTE = "The technician is on the way and expects to arrive before noon."
TITLE_HEAD = "Customer called again: "  # before it: a case ends with its reference


@dataclass(frozen=True, slots=True)
class Edit:
    """One change by a user.

    Attributes:
        side: Where it was made, ``QContact`` or ``FibreFlow``.
        ticket: The ticket as people on that side call it.
        what: The change in words.
    """

    side: str
    ticket: str
    what: str


def add_staff(fibreflow_dsn: str, qcontact: SandboxQContact) -> list[str]:
    """Create FibreFlow users for the agents with the most tickets; return their names."""
    names = [name for name, _ in Counter(qcontact.agents()).most_common(STAFF_IN_BOTH)]
    for name in names:
        query(fibreflow_dsn, "add_user", {"full_name": name})
    return names


def edit_both_sides(
    fibreflow_dsn: str, qcontact: SandboxQContact, staff: Sequence[str]
) -> list[Edit]:
    """Make a few edits on each side, never two to one ticket; return them in order."""
    agents = list(_edit_qcontact(qcontact, staff))
    taken = [edit.ticket for edit in agents]
    candidates = query(fibreflow_dsn, "tickets_to_edit", {"taken": taken, "at_most": 4})
    third = "assign" if qcontact.takes_assignments else "pending_qa"
    steps = ("in_progress", "resolved", third, "note")
    return agents + list(_edit_fibreflow(fibreflow_dsn, steps, candidates, staff))


def _edit_qcontact(qcontact: SandboxQContact, staff: Sequence[str]) -> Iterator[Edit]:
    open_tickets = (t for t in qcontact.synced_tickets() if t["status"] in ("New", "Open"))
    for kind, ticket in zip(("status", "title", "assigned_to"), open_tickets, strict=False):
        number = str(ticket["id"])
        value = {
            "status": "In Progress",
            "title": f"{TITLE_HEAD}{ticket['title'][:200]}",
            "assigned_to": staff[0],
        }[kind]
        qcontact.edit(number, **{kind: value})
        yield Edit("QContact", number, f"{kind}: {ticket.get(kind) or 'nobody'} → {value}")


def _edit_fibreflow(
    dsn: str, steps: Sequence[str], tickets: Sequence[Row], staff: Sequence[str]
) -> Iterator[Edit]:
    for kind, ticket in zip(steps, tickets, strict=False):
        if kind == "assign":
            query(dsn, "assign", {"id": ticket["id"], "full_name": staff[-1]})
            what = f"assigned to {staff[-1]}"
        elif kind == "note":
            query(dsn, "add_note", {"ticket_id": ticket["id"], "content": NOTE})
            what = f"note for the customer: {NOTE}"
        else:
            query(dsn, "set_status", {"id": ticket["id"], "status": kind})
            what = f"status: {ticket['status']} → {kind}"
        yield Edit("FibreFlow", ticket["ticket_uid"], what)
