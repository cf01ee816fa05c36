"""A mail about an alert, as it is queued and sent."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one address, which is its only personal data.

    Attributes:
        thread: The id of the first mail of the same alert; None for a mail on its own.
    """

    id: UUID
    address: str
    subject: str
    text_body: str
    html_body: str
    thread: UUID | None = None
