"""The optional mark of what changed in FibreFlow: which tickets need not be compared.

Where the marks can be relied on, a linked ticket without one has nothing to send (ADR 23).
"""

from collections.abc import Sequence
from uuid import UUID

from psycopg.rows import DictRow

from qcontact_sync.core.note_rules import SentNotes
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.fibreflow.note_records import note_params

_WHATEVER_IS_SENT = {"public_notes": None, "internal_notes": None}


async def marked_tickets(
    database: Database, sent: SentNotes | None = None
) -> Sequence[UUID] | None:
    """The tickets that alone may be pending, inside the present transaction.

    Args:
        sent: Which notes go out; None where only the tickets' own fields count.

    Returns:
        None: any ticket may be.
    """
    found = await read_change_mark(database, sent)
    return found["ticket_ids"] if found["is_current"] else None


async def read_change_mark(database: Database, sent: SentNotes | None = None) -> DictRow:
    """The row of ``read_change_mark``."""
    params = _WHATEVER_IS_SENT if sent is None else note_params(sent)
    return (await database.fetch("read_change_mark", params))[0]


async def renew_marks(database: Database, sent: SentNotes, *, compares_all: bool) -> None:
    """Drop marks that say nothing any more; where marks cannot be relied on, compare all tickets.

    Args:
        compares_all: Compare all of them in any case.
    """
    # Read before tickets are compared: triggers that change in between show the next time.
    found = await read_change_mark(database, sent)
    if found["triggers"] is None:
        if found["is_left"]:
            await database.fetch("forget_marks")
        return
    is_quick = found["is_current"] and not compares_all
    ticket_ids = found["ticket_ids"] if is_quick else None
    await database.fetch("renew_marks", {"ticket_ids": ticket_ids, **note_params(sent)})
    if ticket_ids is None:
        params = {"triggers": found["triggers"], **note_params(sent)}
        await database.fetch("note_full_comparison", params)
