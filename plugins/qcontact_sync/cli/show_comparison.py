"""The output of `compare` and `compare resolve`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from qcontact_sync.cli.console import is_narrow, open_console, show_rows, write
from qcontact_sync.core.comparison import without_text
from qcontact_sync.reporting.wording import DIRECTIONS, GAPS, STANDINGS
from qcontact_sync.services.comparison import ChosenTicket

MAX_LISTED = 100
_HEADINGS = ("ticket", "QContact", "standing", "field", "FibreFlow", "QContact's", "why")


def show_comparison(tally: Mapping[str, int], lines: Iterator[str]) -> None:
    """Counts, and the first hundred tickets that are not the same."""
    console = open_console()
    write(console, f"{tally['tickets']} tickets compared", "bold")
    for standing, word in STANDINGS.items():
        if tally[standing]:
            write(console, f"{word:<20}{tally[standing]}{_parts(standing, tally)}")
    listed = [json.loads(line) for line in islice(lines, MAX_LISTED)]
    if is_narrow(console):
        for ticket in listed:
            for line in _lines(ticket):
                write(console, line)
    elif listed:
        show_rows(console, _HEADINGS, (cells for ticket in listed for cells in _rows(ticket)))
    rest = tally["tickets"] - tally["same"] - MAX_LISTED
    if rest > 0:
        write(console, f"and {rest} more; --json and --csv list them all")


def _lines(ticket: Mapping[str, Any]) -> Iterator[str]:
    """The ticket, then two lines for each field: how it stands, and why."""
    uid, remote_id = ticket["ticket_uid"], ticket["qcontact_ticket_id"]
    there = f"QContact {remote_id}" if remote_id else "not in QContact"
    yield f"{uid or 'not in FibreFlow'} ({there})"
    for _, _, stands, field, here, its, why in _rows(ticket):
        values = f"{field}: FibreFlow {here}, QContact {its}; " if field else ""
        yield f"  {values}{stands}"
        if why:
            yield f"      {why}"


def _parts(standing: str, tally: Mapping[str, int]) -> str:
    if standing == "pending":
        ways = ("inbound", "outbound")
        parts = [f"{tally[f'pending_{way}']} {DIRECTIONS[way]}" for way in ways]
    elif standing == "differs":
        parts = [f"{tally[gap]} {word}" for gap, word in GAPS.items() if tally[gap]]
    else:
        parts = []
    return f"  ({', '.join(parts)})" if parts else ""


def _rows(ticket: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    ids = (ticket["ticket_uid"] or "-", ticket["qcontact_ticket_id"] or "-")
    word = STANDINGS[ticket["standing"]]
    if not ticket["fields"]:
        yield (*ids, word, "", "", "", ticket["reason"])
    for field in ticket["fields"]:
        why = field["reason"] or ticket["reason"]
        way = f" {DIRECTIONS[field['direction']]}" if field["direction"] else ""
        stands = STANDINGS[field["standing"]] + way
        values = (field["fibreflow"] or "-", field["qcontact"] or "-")
        yield (*ids, stands, field["field"], *values, why)


def show_chosen(chosen: Sequence[ChosenTicket], keep: str, *, dry_run: bool) -> None:
    """What was decided, and what could not be."""
    console = open_console()
    if dry_run:
        write(console, "dry run: the following would be decided; nothing was written")
    for ticket in chosen:
        for line in _choice_lines(ticket, keep):
            write(console, line)
    decided = sum(bool(ticket.decided) for ticket in chosen)
    left = sum(bool(ticket.refused or ticket.problem) for ticket in chosen)
    write(console, f"{decided} of {len(chosen)} tickets decided, {left} not or in part")
    if decided and keep == "local" and not dry_run:
        write(console, "the next run sends FibreFlow's values")


def _choice_lines(ticket: ChosenTicket, keep: str) -> Iterator[str]:
    named = f"{ticket.ticket_uid or '-'} (QContact {ticket.remote_id})"
    for field in ticket.decided:
        here, there = (without_text(field.field, v) or "-" for v in (field.local, field.remote))
        goes = f"{there} -> {here}, in QContact"
        comes = f"{here} -> {there}, in FibreFlow"
        yield f"{named}: {field.field}: {goes if keep == 'local' else comes}"
    for name, reason in ticket.refused:
        yield f"{named}: {name}: not decided: {reason}"
    if ticket.problem:
        yield f"{named}: not decided: {ticket.problem}"
    if not (ticket.decided or ticket.refused or ticket.problem):
        yield f"{named}: nothing to decide"


def plain_choice(chosen: Sequence[ChosenTicket]) -> Sequence[Mapping[str, object]]:
    """The same as plain values, for JSON."""
    return [
        {
            "qcontact_ticket_id": ticket.remote_id,
            "ticket_uid": ticket.ticket_uid,
            "decided": [
                {
                    "field": f.field,
                    "fibreflow": without_text(f.field, f.local),
                    "qcontact": without_text(f.field, f.remote),
                }
                for f in ticket.decided
            ],
            "refused": [{"field": name, "reason": why} for name, why in ticket.refused],
            "problem": ticket.problem,
        }
        for ticket in chosen
    ]
