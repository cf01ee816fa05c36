"""A user's choice that one side of a ticket wins, for any kind of difference."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from qcontact_sync.core.compare import compare_ticket
from qcontact_sync.core.comparison import NOTE, RecordedState, Standing
from qcontact_sync.core.decide import decide
from qcontact_sync.core.decision import Conflict, DecisionKind, TicketDecision
from qcontact_sync.core.errors import ErrorCode, RowHidden, TicketError
from qcontact_sync.core.merge import Action, Policy
from qcontact_sync.core.model import (
    TWO_WAY_FIELDS,
    Base,
    Direction,
    KnownTicket,
    Link,
    LocalTicket,
    People,
    RemoteTicket,
)
from qcontact_sync.core.resolve import resolve

REASON = "decided in a comparison"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a choice makes of one ticket.

    Attributes:
        decision: To be carried out on FibreFlow's side; None: there is nothing to do.
        decided: The fields that the choice ends, with the values before it; ``loser`` is the side
            that is not kept.
        refused: Why a field cannot be decided so, by field.
    """

    decision: TicketDecision | None = None
    decided: tuple[Conflict, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


def choose(
    keep: str,
    field: str | None,
    remote: RemoteTicket,
    known: KnownTicket,
    people: People,
    policy: Policy,
) -> Choice:
    """Let one side win.

    ``remote``: QContact's value is written now; ``local``: FibreFlow's value counts as an edit
    made after QContact's, and the next run sends it.

    Args:
        field: Only this one; None is every field that is not the same.
        known: A linked ticket with its row.
        remote: The ticket as QContact has it.

    Raises:
        RowHidden: FibreFlow's row may be there and is not seen.
    """
    if known.is_hidden:
        raise RowHidden
    if known.link is None or known.local is None:
        return Choice()
    compared = compare_ticket(remote, known, RecordedState(), people, policy)
    wanted = [
        found for found in compared.fields if found.field != NOTE and field in (None, found.field)
    ]
    fold = _Fold(keep, known.link, known.local, remote, people, policy)
    for found in wanted:
        is_on_its_way = found.standing is Standing.PENDING and keep == "local"
        if not (is_on_its_way and found.way is Direction.OUTBOUND):
            fold.add(found.field)
    return fold.choice()


class _Fold:
    """A ticket on which one field after the other is decided."""

    def __init__(
        self,
        keep: str,
        link: Link,
        local: LocalTicket,
        remote: RemoteTicket,
        people: People,
        policy: Policy,
    ) -> None:
        self._keep = keep
        self._link = link
        self._before = self._local = local
        self._remote = remote
        self._people = people
        self._policy = policy
        self._steps: list[TicketDecision] = []
        self._writes: dict[str, str | None] = {}
        self._decided: list[Conflict] = []
        self._refused: list[tuple[str, str]] = []

    def add(self, field: str) -> None:
        """Let the chosen side win in this field too; a refusal is recorded, not raised."""
        try:
            step = self._two_way(field) if field in TWO_WAY_FIELDS else self._owned(field)
        except TicketError as error:
            self._refused.append((field, str(error)))
            return
        self._steps.append(step)
        self._writes.update(step.writes)
        self._local = replace(self._local, values={**self._local.values, **step.writes})
        self._link = replace(
            self._link,
            base=step.base,
            fingerprint=step.fingerprint,
            frozen=frozenset(step.frozen),
            flip_flops=step.flip_flops,
        )
        here = self._before.values.get(field)
        there = self._remote.values.get(field, step.base.remote.get(field))
        loser = "remote" if self._keep == "local" else "local"
        self._decided.append(Conflict(field, False, here, there, loser, REASON))

    def _two_way(self, field: str) -> TicketDecision:
        step = resolve(
            field, self._keep, self._link, self._local, self._remote, self._people, self._policy
        )
        verdict = next(d for d in step.fields if d.field == field)
        if self._keep == "local" and (verdict.action is not Action.SEND or verdict.refusal):
            raise _refused(field, verdict.refusal or verdict.reason)
        return step

    def _owned(self, field: str) -> TicketDecision:
        if self._keep == "local":
            raise _refused(field, "QContact owns this field: change it there")
        there = self._remote.values[field]
        value = self._policy.mapping.to_local_owned(field, there).value
        agreed = self._link.base
        link = replace(self._link, base=Base(agreed.local, {**agreed.remote, field: there}))
        kept = replace(self._local, values={**self._local.values, field: value})
        known = KnownTicket(link, kept)
        step = decide(self._remote, known, self._people, self._policy)
        return step._replace(writes={**step.writes, field: value})

    def choice(self) -> Choice:
        """What the fields come to together."""
        if not self._steps:
            return Choice(refused=tuple(self._refused))
        last, steps = self._steps[-1], self._steps
        decided = {conflict.field for conflict in self._decided}
        decision = last._replace(
            kind=DecisionKind.UPDATE if self._writes else DecisionKind.RELINK,
            local=self._before,
            writes=self._writes,
            conflicts=_others((c for s in steps for c in s.conflicts), decided),
            agreed=tuple(dict.fromkeys(name for step in steps for name in step.agreed)),
            warnings=tuple(dict.fromkeys(text for step in steps for text in step.warnings)),
            closes=any(step.closes for step in steps),
            reopens=any(step.reopens for step in steps),
        )
        return Choice(decision, tuple(self._decided), tuple(self._refused))


def _others(conflicts: Iterable[Conflict], decided: set[str]) -> tuple[Conflict, ...]:
    """Conflicts about fields that the choice does not end, each once."""
    return tuple(dict.fromkeys(c for c in conflicts if c.field not in decided))


def _refused(field: str, reason: str) -> TicketError:
    return TicketError(reason, ErrorCode.VALIDATION_ERROR, field=field)
