"""A dry run's result: the plan that a real run would carry out."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from qcontact_sync.core.canon import printable
from qcontact_sync.core.comparison import GAP_WORDS, Gap
from qcontact_sync.core.decision import Adoption, DecisionKind, TicketDecision


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
    Sign.NEEDS_YOU: "open conflict",
}
_KEYS = {sign: sign.name.lower() for sign in Sign}
MAX_LINES = 1_000
"""At most this many tickets, and failures, are named; all are counted."""


Move = tuple[str | None, str | None]
"""A field's value before and after, in FibreFlow's words."""
SHOWN_FIELDS = frozenset({"status", "priority", "ticket_type"})
"""Fields whose values are words of the mapping, not of a customer."""


def moves_of(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> dict[str, Move]:
    """The moves of the fields of ``after``."""
    return {n: (before.get(n), value) for n, value in after.items() if n in SHOWN_FIELDS}


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One ticket of a plan.

    Attributes:
        fields: The fields that differ, by name.
        moves: Old and new value of those fields in `SHOWN_FIELDS`; no other value is kept.
    """

    sign: Sign
    remote_id: str
    ticket_uid: str | None
    fields: tuple[str, ...]
    moves: Mapping[str, Move] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlannedFailure:
    """A ticket that would go to quarantine."""

    remote_id: str
    error_code: str
    error_message: str


@dataclass(slots=True)
class Plan:
    """Counts of everything, and the first `MAX_LINES` tickets by name.

    A ticket that is read twice is planned once: a real run would find it settled the second time.

    Attributes:
        finished: How many of those to create are done in QContact.
        left_out: How many are not created because they are done there.
        adoptions: Number of FibreFlow's rows that are linked for the first time, by kind.
        duplicates: Number of further rows with the same QContact ids.
        differ: How many of those that need a person are rows that differ when they are linked.
        replaced, emptied: Number of rows, by field, in which QContact's value takes the place of
            FibreFlow's when they are linked for the first time; emptied where QContact has none.
        transitions: Number of tickets by sign, field and move.
        would_fail: Number of tickets that would go to quarantine.
        notices: Further notices for a person.
    """

    counts: dict[Sign, int] = field(default_factory=lambda: dict.fromkeys(Sign, 0))
    lines: list[PlanLine] = field(default_factory=list)
    finished: int = 0
    left_out: int = 0
    adoptions: Counter[Adoption] = field(default_factory=Counter)
    duplicates: int = 0
    differ: int = 0
    replaced: Counter[str] = field(default_factory=Counter)
    emptied: Counter[str] = field(default_factory=Counter)
    transitions: Counter[tuple[Sign, str, Move]] = field(default_factory=Counter)
    would_fail: int = 0
    failures: list[PlannedFailure] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    _seen: set[tuple[Sign | None, str]] = field(default_factory=set)

    def add(self, line: PlanLine) -> None:
        """Count a ticket, and keep its line if there is room."""
        if self._is_new(line.sign, line.remote_id):
            self.counts[line.sign] += 1
            self.transitions.update((line.sign, *move) for move in line.moves.items())
            if len(self.lines) < MAX_LINES:
                self.lines.append(line)

    def add_failure(self, failure: PlannedFailure) -> None:
        """Count a ticket that would fail, and keep its line if there is room."""
        if self._is_new(None, failure.remote_id):
            self.would_fail += 1
            if len(self.failures) < MAX_LINES:
                self.failures.append(failure)

    def leave_out(self, remote_id: str) -> None:
        """Count a ticket that is not created because it is done in QContact."""
        self.left_out += self._is_new(None, f"left out {remote_id}")

    def _is_new(self, sign: Sign | None, remote_id: str) -> bool:
        count = len(self._seen)
        self._seen.add((sign, remote_id))
        return len(self._seen) > count

    def add_inbound(self, decision: TicketDecision) -> None:
        """Add what an inbound decision would write."""
        uid = decision.local.ticket_uid if decision.local else None
        if decision.kind is DecisionKind.CREATE:
            self.finished += decision.closes and (Sign.CREATE, decision.remote.id) not in self._seen
            self.add(PlanLine(Sign.CREATE, decision.remote.id, None, ()))
        elif decision.writes:
            before = decision.local.values if decision.local else {}
            moves = moves_of(before, decision.writes)
            self.add(PlanLine(Sign.UPDATE, decision.remote.id, uid, tuple(decision.writes), moves))
        if decision.adoption and self._is_new(None, f"adopted {decision.remote.id}"):
            self._add_adoption(decision, decision.adoption)
        # Differences at adoption stay as they are: a person should look at them.
        is_adopted = decision.kind is DecisionKind.ADOPT
        needs_you = tuple(c.field for c in decision.conflicts if c.needs_you or is_adopted)
        if needs_you:
            known = self.counts[Sign.NEEDS_YOU]
            self.add(PlanLine(Sign.NEEDS_YOU, decision.remote.id, uid, needs_you))
            self.differ += is_adopted and self.counts[Sign.NEEDS_YOU] - known

    def _add_adoption(self, decision: TicketDecision, adoption: Adoption) -> None:
        self.adoptions[adoption] += 1
        self.duplicates += decision.duplicates
        for name, value in decision.writes.items():
            (self.emptied if value is None else self.replaced)[name] += 1

    def summary(self) -> str:
        """``+ 12 create, ~ 3 update, > 5 send, ! 1 open conflict``, and how many would fail."""
        counts = {**self.counts, Sign.NEEDS_YOU: self.counts[Sign.NEEDS_YOU] - self.differ}
        parts = [f"{sign} {_counted(sign, counts[sign])}" for sign in Sign]
        if self.finished:
            parts[0] += f" ({self.finished} of them done in QContact)"
        if self.differ:
            parts.append(f"{self.differ} differ and stay as they are")
        if self.left_out:
            parts.append(f"{self.left_out} not created: done in QContact")
        if self.would_fail:
            parts.append(f"{self.would_fail} would fail")
        return ", ".join(parts)

    def to_dict(self) -> dict[str, object]:
        """Plain values, for JSON and XCom."""
        return {
            "summary": self.summary(),
            **{_KEYS[sign]: count for sign, count in self.counts.items()},
            "create_finished": self.finished,
            "left_out": self.left_out,
            "would_fail": self.would_fail,
            "differ": self.differ,
            "adoption": {
                **{kind.value: self.adoptions[kind] for kind in Adoption},
                "duplicates": self.duplicates,
                "replaced": dict(self.replaced.most_common()),
                "emptied": dict(self.emptied.most_common()),
            },
            "transitions": [
                {"sign": sign.value, "field": name, "was": was, "now": now, "tickets": tickets}
                for (sign, name, (was, now)), tickets in self.transitions.most_common()
            ],
            "lines": [_plain(line) for line in self.lines],
            "failures": [
                {
                    "qcontact_ticket_id": failure.remote_id,
                    "error_code": failure.error_code,
                    "error_message": failure.error_message,
                }
                for failure in self.failures
            ],
            "notices": list(self.notices),
        }


def _plain(line: PlanLine) -> dict[str, object]:
    plain: dict[str, object] = {
        "sign": line.sign.value,
        "qcontact_ticket_id": line.remote_id,
        "ticket_uid": line.ticket_uid,
        "fields": list(line.fields),
    }
    return plain | ({"moves": {n: list(m) for n, m in line.moves.items()}} if line.moves else {})


def plan_lines(plan: Mapping[str, Any]) -> Iterator[str]:
    """A plan as lines of text, without terminal control characters.

    Args:
        plan: As `Plan.to_dict` makes it.
    """
    yield plan["summary"]
    yield from _adopted(plan.get("adoption", {}))
    yield from plan["notices"]
    for move in plan.get("transitions", ()):
        field_move = _field_move(move["field"], (move["was"], move["now"]))
        yield printable(f"{move['sign']} {field_move}: {_tickets(move['tickets'])}")
    for line in plan["lines"]:
        moves = line.get("moves", {})
        fields = ", ".join(_field_move(name, moves.get(name)) for name in line["fields"])
        names = (line["qcontact_ticket_id"], line["ticket_uid"], fields)
        yield printable(f"{line['sign']} " + "  ".join(name for name in names if name))
    yield from _rest(sum(plan[key] for key in _KEYS.values()) - len(plan["lines"]))
    if plan["failures"]:
        yield "would fail:"
    for failure in plan["failures"]:
        reason = f"{failure['error_code']}: {failure['error_message']}"
        yield printable(f"{failure['qcontact_ticket_id']}  {reason}")
    yield from _rest(plan["would_fail"] - len(plan["failures"]))


_ADOPTED = {
    Adoption.AGREE: "agree",
    Adoption.DIFFER: "differ in status or assignment",
    Adoption.DONE_HERE: GAP_WORDS[Gap.DONE_HERE],
    Adoption.DONE_THERE: GAP_WORDS[Gap.DONE_THERE],
}


_WRITTEN_AT_ADOPTION = {
    "replaced": "rows in which QContact's value replaces FibreFlow's",
    "emptied": "rows in which FibreFlow's value is removed, as QContact has none",
}


def _adopted(counts: Mapping[str, Any]) -> Iterator[str]:
    """What is linked for the first time, by kind."""
    adopted = sum(counts.get(kind.value, 0) for kind in Adoption)
    if adopted:
        yield f"linked for the first time: {_tickets(adopted)}"
        for kind, words in _ADOPTED.items():
            if counts[kind.value]:
                yield f"  {words}: {counts[kind.value]}"
        if counts["duplicates"]:
            yield f"  further rows with the same QContact id, left unlinked: {counts['duplicates']}"
        for key, words in _WRITTEN_AT_ADOPTION.items():
            if fields := counts.get(key):
                yield f"  {words}: {', '.join(f'{n} {rows}' for n, rows in fields.items())}"


def _field_move(name: str, move: Sequence[str | None] | None) -> str:
    """``status: in_progress -> assigned``, or the name alone."""
    if move is None:
        return name
    was, now = (value or "none" for value in move)
    return f"{name}: {was} -> {now}"


def _tickets(count: int) -> str:
    return f"{count} ticket{'' if count == 1 else 's'}"


def _rest(hidden: int) -> Iterator[str]:
    if hidden > 0:
        yield f"and {hidden} more"


def _counted(sign: Sign, count: int) -> str:
    plural = "s" if sign is Sign.NEEDS_YOU and count != 1 else ""
    return f"{count} {NAMES[sign]}{plural}"
