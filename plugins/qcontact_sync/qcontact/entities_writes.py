"""What is written to a case: words that the tenant takes, and numbers for names."""

from collections.abc import Mapping

from qcontact_sync.core.errors import ErrorCode, TicketError
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.model import ASSIGNED_TO, STATUS


def written_fields(
    name: str, fields: Mapping[str, str | None], mapping: TicketMapping
) -> dict[str, str | int]:
    """The body of an update.

    Args:
        name: Of the call, for the error.

    Raises:
        TicketError: ``VALIDATION_ERROR``, there is no word or no number for one of them.
    """
    written = {field: _written(field, value, mapping) for field, value in fields.items()}
    unwritable = [field for field, value in written.items() if value is None] or [STATUS]
    if not written or None in written.values():
        raise TicketError(
            f"{name}: QContact has no word to write for this {unwritable[0]}",
            ErrorCode.VALIDATION_ERROR,
            field=unwritable[0],
        )
    return {field: value for field, value in written.items() if value is not None}


def _written(field: str, value: str | None, mapping: TicketMapping) -> str | int | None:
    if field == STATUS and value in (mapping.status.writable or ()):
        return value
    if field == ASSIGNED_TO:
        remote_id = mapping.assignment.remote_id_of(value)
        return int(remote_id) if remote_id else None
    return None
