"""The format of a mapping file (docs/mapping.md): its tables, keys and types."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

_NAME = r"^[a-z_][a-z0-9_]{0,62}$"
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
LocalWord = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_ -]{0,49}$")]
ColumnName = Annotated[str, Field(pattern=_NAME)]
NotAWord = Literal[False]
"""``false`` in place of a word: the entry of the rules below is dropped."""


class _Table(BaseModel):
    """A table of the file; it has no other keys.

    Its validator is built with the first file: most runs have none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class StatusTable(_Table):
    """``[status]``."""

    inbound: dict[Word, LocalWord | NotAWord] = {}
    outbound: dict[LocalWord, Word | NotAWord] = {}
    rank: dict[LocalWord, Annotated[int, Field(ge=0, le=99)] | NotAWord] = {}
    terminal_from: Annotated[int, Field(ge=1, le=99)] | None = None
    on_create: LocalWord | None = None
    winner: Literal["furthest", "local", "remote"] | None = None
    flow: Literal["both", "inbound", "off"] | None = None
    moves_on: list[Annotated[list[Word], Field(min_length=2, max_length=2)]] | None = None
    final: list[Word] | None = None


class ColumnTable(_Table):
    """``[columns.NAME]``."""

    source: Word | None = None
    kind: (
        Literal["text", "words", "uuid", "point", "category", "subcategory", "date", "instant"]
        | None
    ) = None
    flow: Literal["inbound", "create", "off"] | None = None
    max_length: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    words: dict[Word, LocalWord | NotAWord] = {}
    default: LocalWord | None = None
    warns: bool | None = None
    personal: bool | None = None


class PersonTable(_Table):
    """``[[assignment.people]]``."""

    name: Word
    user: Annotated[
        str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
    ]
    qcontact_id: Annotated[str, Field(pattern=r"^[0-9]{1,20}$")] | None = None


class AssignmentTable(_Table):
    """``[assignment]``."""

    flow: Literal["both", "inbound", "off"] | None = None
    winner: Literal["local", "remote"] | None = None
    people: list[PersonTable] = []
    queues: list[Word] = []
    unassigned: Annotated[str, Field(pattern=r"^[0-9]{1,20}$")] | None = None


class TicketTable(_Table):
    """``[ticket]``."""

    title: Literal["label", "reference"] | None = None
    uid: Literal["reference", "daily"] | None = None


class RulesTable(_Table):
    """The rules that may differ by dialect."""

    status: StatusTable = Field(default_factory=StatusTable)
    columns: dict[ColumnName, ColumnTable] = {}
    custom_fields: dict[Word, ColumnName | NotAWord] = {}
    assignment: AssignmentTable = Field(default_factory=AssignmentTable)
    constants: dict[ColumnName, str | int | bool] = {}
    ticket: TicketTable = Field(default_factory=TicketTable)


class MappingTable(RulesTable):
    """A whole file; ``[tickets...]`` and ``[entities...]`` hold rules of one dialect alone."""

    notes: dict[ColumnName, Literal["public", "internal", "keep"] | NotAWord] = {}
    tickets: RulesTable = Field(default_factory=RulesTable)
    entities: RulesTable = Field(default_factory=RulesTable)
