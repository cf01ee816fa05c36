"""What was decided about a batch of QContact's tickets."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from qcontact_sync.core.decision import DecisionKind, TicketDecision
from qcontact_sync.core.errors import TicketError
from qcontact_sync.core.fingerprint import fingerprint
from qcontact_sync.core.listed import Listed, decoded
from qcontact_sync.core.model import KnownTicket, RemoteId, RemoteTicket, SyncType
from qcontact_sync.core.stats import Counts
from qcontact_sync.core.unit_ports import TicketFailure
from qcontact_sync.sync.context import failure_of


@dataclass(slots=True)
class Outcome:
    """The decisions about a batch.

    Attributes:
        recognised: Tickets that are as they were settled, and for which nothing is open.
        passed: Other tickets that passed: they leave the quarantine.
        suspects: Tickets whose listed version is not believed: they are read by id.
        fresh: Decisions about tickets that are not in the run's counts yet.
        skipped: Number of unchanged tickets that are not in the run's counts yet.
    """

    decisions: list[TicketDecision] = field(default_factory=list)
    failures: list[TicketFailure] = field(default_factory=list)
    recognised: list[RemoteId] = field(default_factory=list)
    passed: list[RemoteId] = field(default_factory=list)
    suspects: list[RemoteId] = field(default_factory=list)
    fresh: list[TicketDecision] = field(default_factory=list)
    skipped: int = 0

    def recognise(self, remote_id: RemoteId, known: KnownTicket) -> None:
        """The object that was received is the one that was settled."""
        self.skipped += not known.is_counted
        self.recognised.append(remote_id)

    def skip(self, remote_id: RemoteId, known: KnownTicket) -> None:
        """The ticket is as it was settled."""
        self.skipped += not known.is_counted
        self.passed.append(remote_id)

    @property
    def counts(self) -> Counts:
        """What this batch adds to the run's counts: ``fresh`` by outcome."""
        created = sum(d.kind is DecisionKind.CREATE for d in self.fresh)
        successful = sum(d.writes_ticket for d in self.fresh)
        warned = sum(bool(d.warnings) and d.writes_ticket for d in self.fresh)
        return Counts(
            successful=successful,
            skipped=len(self.fresh) - successful,
            partial=warned,
            created=created,
            updated=successful - created,
        )


def prints_of(tickets: Iterable[Listed], outcome: Outcome) -> list[tuple[RemoteTicket, str]]:
    """Tickets with their fingerprints; one that cannot be decoded is a failure."""
    prints = []
    for listed in tickets:
        try:
            ticket = decoded(listed)
        except TicketError as error:
            failed = failure_of(error, listed.id, SyncType.STATUS_UPDATE, str(error))
            outcome.failures.append(failed)
        else:
            prints.append((ticket, fingerprint(ticket.values)))
    return prints
