"""The mapping as a person reads it: which field flows which way, which word becomes which.

The command line, the dashboard and docs/fields.md show the same.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from qcontact_sync.core.columns import Column, ColumnKind, Flow
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.merge import Policy
from qcontact_sync.core.model import ASSIGNED_TO, STATUS
from qcontact_sync.core.note_rules import SYSTEM, NoteFate
from qcontact_sync.core.rules import StatusRules, TitleFrom, UidRule, status_key

_FLOWS = {
    Flow.BOTH: "both ways",
    Flow.INBOUND: "QContact to FibreFlow",
    Flow.CREATE: "QContact to FibreFlow, when the ticket is created",
    Flow.OFF: "not synced",
}
_KINDS = {
    ColumnKind.TEXT: "as it is",
    ColumnKind.WORDS: "see the table of words",
    ColumnKind.UUID: "if it is a UUID",
    ColumnKind.POINT: 'if it is "latitude,longitude" in range',
    ColumnKind.CATEGORY: "the part before :: or |",
    ColumnKind.SUBCATEGORY: "the part after :: or |",
    ColumnKind.DATE: "the day, in UTC",
    ColumnKind.INSTANT: "the time, in UTC",
}
_STATUS_WINNERS = {
    "furthest": "the more advanced one; if both are equal, FibreFlow's",
    "local": "FibreFlow's",
    "remote": "QContact's",
}
_FATES = {
    NoteFate.PUBLIC: "sent as public",
    NoteFate.INTERNAL: "sent as internal",
    NoteFate.KEEP: "not sent",
}
_TITLES = {
    TitleFrom.LABEL: "the subject; if there is none, the case reference",
    TitleFrom.REFERENCE: "the case reference; the subject stands above the description",
}
_UIDS = {
    UidRule.REFERENCE: "the case reference if it is free, else the next FT number",
    UidRule.DAILY: "VF-YYYYMMDD-NNN from FibreFlow's own counter",
}


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One field.

    Attributes:
        field: FibreFlow's column.
        qcontact: QContact's field; None if it has none.
        winner: Whose value is kept if both sides changed.
    """

    field: str
    qcontact: str | None
    flow: str
    value: str
    winner: str


@dataclass(frozen=True, slots=True)
class StatusWord:
    """One of QContact's statuses, and what FibreFlow shows for it.

    Attributes:
        sent_back: QContact's word for FibreFlow's status, which is sent if it changes here.
        note: Why the two sides differ although nothing is wrong; "" if they do not.
    """

    qcontact: str
    fibreflow: str
    sent_back: str | None
    is_terminal: bool
    note: str


@dataclass(frozen=True, slots=True)
class LocalStatus:
    """One of FibreFlow's statuses.

    Attributes:
        sent_as: QContact's word; None if it cannot be sent.
        shown_as: What FibreFlow would make of that word, if it came from QContact.
    """

    fibreflow: str
    rank: int
    is_terminal: bool
    sent_as: str | None
    shown_as: str | None


@dataclass(frozen=True, slots=True)
class WordTable:
    """The words of one column: (QContact's, FibreFlow's), and what all others become."""

    field: str
    words: tuple[tuple[str, str], ...]
    default: str


@dataclass(frozen=True, slots=True)
class FieldRules:
    """A whole mapping."""

    schema: str
    fields: tuple[FieldRule, ...]
    statuses: tuple[StatusWord, ...]
    unknown_status: str
    local_statuses: tuple[LocalStatus, ...]
    words: tuple[WordTable, ...]
    constants: Mapping[str, str]
    people: int
    queues: int
    notes: Mapping[str, str]
    title: str
    ticket_uid: str

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)


def field_rules(policy: Policy) -> FieldRules:
    """Describe the rules by which an account's tickets are translated."""
    mapping = policy.mapping
    return FieldRules(
        schema=mapping.lineage,
        fields=(
            _status_field(mapping),
            _assignment_field(policy),
            *map(_own_field, mapping.columns),
        ),
        statuses=_statuses(mapping),
        unknown_status=mapping.status.on_create,
        local_statuses=_local_statuses(mapping),
        words=tuple(
            WordTable(c.name, tuple(c.words.by_word.items()), c.words.default)
            for c in mapping.columns
            if c.words is not None
        ),
        constants=mapping.constants,
        people=len(mapping.assignment.people),
        queues=len(mapping.assignment.queues),
        notes={
            **{word: _FATES[fate] for word, fate in mapping.notes.items()},
            SYSTEM: _FATES[NoteFate.KEEP],
        },
        title=_TITLES[mapping.title_from],
        ticket_uid=_UIDS[mapping.uid_rule],
    )


def _status_field(mapping: TicketMapping) -> FieldRule:
    winner = _STATUS_WINNERS[mapping.status.winner]
    return FieldRule(
        STATUS, STATUS, _FLOWS[mapping.flows[STATUS]], "see the tables of statuses", winner
    )


def _assignment_field(policy: Policy) -> FieldRule:
    flow = policy.mapping.flows[ASSIGNED_TO]
    if flow is Flow.BOTH and not policy.sends_assignment:
        flow = Flow.INBOUND
    winner = "QContact's" if policy.assignment_winner == "remote" else "FibreFlow's"
    value = "the user with that full name, if there is exactly one"
    return FieldRule(ASSIGNED_TO, ASSIGNED_TO, _FLOWS[flow], value, winner)


def _own_field(column: Column) -> FieldRule:
    value = _KINDS[column.kind]
    if column.max_length is not None:
        value += f", at most {column.max_length} characters"
    flow = _FLOWS[column.flow] if column.source else "QContact has no such field"
    return FieldRule(column.name, shown_source(column), flow, value, "QContact's")


def shown_source(column: Column) -> str | None:
    """QContact's field as a person knows it; None if there is none."""
    if not column.source:
        return None
    if column.is_label:
        return f"{column.source} (name)"
    return f"custom field {column.source}" if column.is_custom else column.source


def _statuses(mapping: TicketMapping) -> tuple[StatusWord, ...]:
    rules = mapping.status
    words = sorted(rules.local_by_key.items(), key=lambda pair: (rules.ranks[pair[1]], pair[0]))
    return tuple(_status_word(rules, key, local) for key, local in words)


def _status_word(rules: StatusRules, key: str, local: str) -> StatusWord:
    shown = rules.spellings.get(key, key)
    back = rules.remote_by_local.get(local)
    note = ""
    if back is not None and status_key(back) != key:
        note = f"QContact keeps {shown}; only a change in FibreFlow is sent"
    return StatusWord(shown, local, back, local in rules.terminal, note)


def _local_statuses(mapping: TicketMapping) -> tuple[LocalStatus, ...]:
    rules = mapping.status
    return tuple(
        LocalStatus(
            local,
            rank,
            local in rules.terminal,
            sent_as := rules.remote_by_local.get(local),
            None if sent_as is None else mapping.to_local_status(sent_as),
        )
        for local, rank in sorted(rules.ranks.items(), key=lambda pair: pair[1])
    )
