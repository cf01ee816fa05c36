"""What a dry run found: the plan that a real run would carry out."""

from dataclasses import dataclass, field
from enum import StrEnum

from qcontact_sync.core.decision import Kind, TicketDecision


class Sign(StrEnum):
    """The first character of a plan's line."""

    CREATE = "+"
    UPDATE = "~"
    SEND = ">"
    NEEDS_YOU = "!"


NAMES = {
    Sign.CREATE: "create",
    Sign.UPDATE: "update",
    Sign.SEND: "send",
    Sign.NEEDS_YOU: "needs you",
}
MAX_LINES = 1_000


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One ticket of a plan; ``fields`` are names, never values."""

    sign: Sign
    remote_id: str
    ticket_uid: str | None
    fields: tuple[str, ...]


@dataclass(slots=True)
class Plan:
    """Counts of everything, and the first `MAX_LINES` tickets by name."""

    counts: dict[Sign, int] = field(default_factory=lambda: dict.fromkeys(Sign, 0))
    lines: list[PlanLine] = field(default_factory=list)

    def add(self, line: PlanLine) -> None:
        """Count a ticket, and keep its line while there is room."""
        self.counts[line.sign] += 1
        if len(self.lines) < MAX_LINES:
            self.lines.append(line)

    def add_inbound(self, decision: TicketDecision) -> None:
        """Plan what an inbound decision would write here."""
        uid = decision.local.ticket_uid if decision.local else None
        if decision.kind is Kind.CREATE:
            self.add(PlanLine(Sign.CREATE, decision.remote.id, uid, ()))
        elif decision.writes:
            self.add(PlanLine(Sign.UPDATE, decision.remote.id, uid, tuple(decision.writes)))
        # What differs when it is adopted stays so, which only a person can judge.
        is_adopted = decision.kind is Kind.ADOPT
        needs_you = tuple(c.field for c in decision.conflicts if c.needs_you or is_adopted)
        if needs_you:
            self.add(PlanLine(Sign.NEEDS_YOU, decision.remote.id, uid, needs_you))

    def summary(self) -> str:
        """``+ 12 create, ~ 3 update, > 5 send, ! 1 needs you``."""
        return ", ".join(f"{sign} {self.counts[sign]} {NAMES[sign]}" for sign in Sign)

    def to_dict(self) -> dict[str, object]:
        """Plain values, for JSON and XCom."""
        return {
            "summary": self.summary(),
            **{NAMES[sign].replace(" ", "_"): count for sign, count in self.counts.items()},
            "lines": [
                {
                    "sign": line.sign.value,
                    "qcontact_ticket_id": line.remote_id,
                    "ticket_uid": line.ticket_uid,
                    "fields": list(line.fields),
                }
                for line in self.lines
            ],
        }
