"""A mapping file over the built-in rules: what it changes, and everything that is refused."""

from pathlib import Path

import pytest
from qcontact_sync.config.access import Dialect
from qcontact_sync.config.mapping_file import (
    lineage_mapping,
    load_mapping,
    read_mapping,
    sent_notes,
)
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.built_in import ENTITIES, TICKETS
from qcontact_sync.core.columns import ColumnKind, Flow, Mapped
from qcontact_sync.core.errors import ConfigError
from qcontact_sync.core.note_rules import SENT, NoteFate, SentNotes
from qcontact_sync.core.rules import TitleFrom

EXAMPLE = Path(__file__).parents[3] / "examples" / "mapping.toml"
DIALECTS = pytest.mark.parametrize("dialect", Dialect)
USERS = [f"00000000-0000-4000-8000-{number:012x}" for number in range(3)]


@pytest.fixture
def mapping(tmp_path):
    """A mapping of this text over the built-in rules."""

    def read(text, dialect=Dialect.TICKETS):
        path = tmp_path / "mapping.toml"
        path.write_text(text)
        return read_mapping(path, "fibreflow", dialect)

    return read


@pytest.fixture
def refusal(mapping):
    """What is said of a text that cannot be used."""

    def refused(text, dialect=Dialect.TICKETS):
        with pytest.raises(ConfigError) as caught:
            mapping(text, dialect)
        return str(caught.value)

    return refused


@DIALECTS
def test_an_empty_file_is_the_built_in_rules(mapping, dialect):
    assert mapping("", dialect) == lineage_mapping("fibreflow", dialect)


def test_without_a_file_the_rules_are_the_built_in_ones():
    assert load_mapping(Settings(), Dialect.TICKETS) == TICKETS
    assert load_mapping(Settings(), Dialect.ENTITIES) == ENTITIES


@DIALECTS
def test_the_example_is_valid_and_does_what_it_says(dialect):
    example = read_mapping(EXAMPLE, "fibreflow", dialect)
    assert example.to_local_status("on hold") == "on_hold"
    assert example.to_remote_status("escalated") == "Escalated"
    assert example.to_local_owned("ticket_type", "connectivity :: ONT/Gizzu") == Mapped("incident")
    assert example.to_local_owned("ticket_type", "General|Maintenance") == Mapped("maintenance")
    assert example.flow("title") is Flow.CREATE
    assert example.column("client_contact").is_personal
    assert set(example.more_columns) == {"access_notes", "client_contact"}
    assert example.constants == {"created_by": "00000000-0000-4000-8000-000000000001"}
    assert example.notes["internal"] is NoteFate.INTERNAL


def test_words_are_added_replaced_and_dropped(mapping):
    read = mapping(
        """
        [status.inbound]
        "ESCALATED" = "assigned"
        Waiting = "open"
        New = false
        [status.outbound]
        qa_rejected = "Escalated"
        cancelled = false
        """
    )
    words = {w: read.to_local_status(w) for w in ("escalated", "waiting", "new", "open")}
    assert words == {"escalated": "assigned", "waiting": "open", "new": None, "open": "open"}
    assert read.to_remote_status("qa_rejected") == "Escalated"
    assert read.to_remote_status("cancelled") is None


def test_ranks_decide_which_statuses_end_a_ticket(mapping):
    read = mapping("[status.rank]\nverified = 9\non_hold = 1\n")
    assert read.status.terminal == {*TICKETS.status.terminal, "verified"}
    assert mapping("[status]\nterminal_from = 8\n").status.terminal == {"closed", "cancelled"}


def test_a_word_that_the_file_names_is_one_that_the_tenant_takes(mapping):
    text = '[status.inbound]\n"On Hold" = "open"\n[status.outbound]\nopen = "On Hold"\n'
    assert "On Hold" in mapping(text, Dialect.ENTITIES).status.writable


def test_rules_of_a_dialect_count_only_in_that_one(mapping):
    text = '[entities.status.inbound]\nEscalated = "assigned"\n'
    assert mapping(text, Dialect.TICKETS) == TICKETS
    assert mapping(text, Dialect.ENTITIES).to_local_status("Escalated") == "assigned"


def test_a_column_is_filled_from_a_field_or_a_custom_field(mapping):
    read = mapping(
        """
        [columns.category]
        source = "category"
        kind = "category"
        [columns.original_logged_date]
        source = "created_at"
        kind = "date"
        flow = "create"
        [custom_fields]
        "field_agent.label" = "agent"
        serial = "ont_serial"
        """
    )
    assert read.more_columns == ("category", "original_logged_date", "agent")
    assert read.copies == (("category", "ticket_type"),)
    assert read.to_local_owned("category", "Connectivity::ONT").value == "Connectivity"
    logged = read.to_local_owned("original_logged_date", "2026-03-01T23:30:00-02:00")
    assert logged.value == "2026-03-02"
    assert read.sources.labels == {"field_agent": "agent"}
    assert read.sources.custom["serial"] == "ont_serial"
    assert "ont_serial" not in read.sources.custom


def test_customers_data_is_personal_in_both_dialects(mapping):
    text = '[columns.client_name]\nsource = "customer_name"\n'
    assert mapping(text).sources.personal_plain == {"customer_name": "client_name"}
    labels = mapping(text, Dialect.ENTITIES).sources.personal_labels
    assert labels == {"contact": "client_name"}


def test_words_make_a_column_one_of_words(mapping):
    text = '[columns.area]\nsource = "address"\ndefault = "none"\nwords = { North = "n" }\n'
    read = mapping(text)
    assert read.column("area").kind is ColumnKind.WORDS
    assert [read.to_local_owned("area", word).value for word in ("NORTH", "x", None)] == [
        "n", "none", "none",
    ]  # fmt: skip


def test_titles_and_notes_are_choices(mapping):
    read = mapping('[ticket]\ntitle = "reference"\n[notes]\ninternal = "internal"\n')
    assert (read.title_from, read.notes["internal"]) == (TitleFrom.REFERENCE, NoteFate.INTERNAL)


def test_internal_notes_leave_by_the_setting_or_the_file(tmp_path):
    path = tmp_path / "mapping.toml"
    path.write_text('[notes]\ninternal = "internal"\n')
    everything = SentNotes(("client",), ("internal",))
    assert sent_notes(Settings()) == SENT == SentNotes(("client",))
    assert sent_notes(Settings(internal_notes="send")) == everything
    assert sent_notes(Settings(mapping_file=str(path))) == everything


MAINTENANCE_NOTES = [
    ("", "client.public internal.public other.public", ""),
    ('private = "internal"', "client.public internal.public other.public",
     "client.private internal.private other.private"),
    ('internal = "keep"', "client.public other.public", ""),
    ('public = "keep"\nclient = "public"', "client.public client.private", ""),
    ("public = false", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("notes", "public", "internal"), MAINTENANCE_NOTES)
def test_a_type_of_notes_counts_before_its_visibility(tmp_path, notes, public, internal):
    path = tmp_path / "mapping.toml"
    path.write_text(f"[notes]\n{notes}\n")
    settings = Settings(schema="maintenance", mapping_file=str(path))
    expected = SentNotes(tuple(public.split()), tuple(internal.split()))
    assert sent_notes(settings) == expected
    for dialect in Dialect:
        assert load_mapping(settings, dialect).sent_notes == expected


def test_private_notes_are_the_internal_ones_of_the_lineage():
    sent = sent_notes(Settings(schema="maintenance", internal_notes="send"))
    assert sent.internal == ("client.private", "internal.private", "other.private")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[statuses]\nx = "y"', "statuses: unknown key"),
        ('[status.inbound]\n"In Progress" = "open"\nin_progress = "open"', "are one word"),
        ('[status.inbound]\nWaiting = "waiting"', "waiting has no rank"),
        ('[status.outbound]\nopen = "Nowhere"', "Nowhere is not in status.inbound"),
        ('[status.outbound]\nwaiting = "Open"', "waiting has no rank"),
        ('[status.outbound]\nresolved = "Open"', "would re-open the ticket"),
        ('[status]\non_create = "waiting"', "waiting has no rank"),
        ('[status]\non_create = "closed"', "created as ended"),
        ("[status]\nterminal_from = 50", "no status has this rank"),
        ('[status]\nfinal = ["Gone"]', "gone is not in status.inbound"),
        ("[status.rank]\nopen = -1", "status.rank.open"),
        ("[status.inbound]\nOpen = 3", "status.inbound.Open: must be text"),
        ('[columns.area]\nwords = { A = "a" }', "no source"),
        ('[columns.area]\nsource = "address"\nwords = { A = "a" }', "default: missing"),
        ('[columns.area]\nsource = "address"\nwords = { A = "a", " a" = "b" }\ndefault = "a"',
         "are one word"),
        ('[columns.area]\nsource = "nowhere"', "the tickets dialect has"),
        ('[columns.external_id]\nsource = "address"', "not a column that the sync may fill"),
        ('[columns.title]\nflow = "off"', "cannot be inserted without it"),
        ('[columns.created_at]\nsource = "created_at"', "must be create"),
        ('[custom_fields]\na = "area"\nb = "area"', "a and b fill one column"),
        ('[custom_fields]\na = "area"\n[columns.area]\nsource = "address"', "a custom field, too"),
        ('[constants]\ntitle = "x"', "filled from QContact"),
        ('[constants]\nid = "x"', "not a column that the sync may fill"),
        ('[ticket]\nuid = "daily"', "no counter of tickets by day"),
        ('[notes]\nsystem = "public"', "notes.system: notes of the system never leave"),
        ('[notes]\nsystem = "keep"', "notes.system: notes of the system never leave"),
        ('[notes]\npublic = "public"', "notes.public: the schema fibreflow has client, internal"),
        ('[notes]\nclient = "send"', "notes.client: "),
        ('[assignment]\nunassigned = "7"', "must be one of assignment.queues"),
        (f'[[assignment.people]]\nname = "A"\nuser = "{USERS[0]}"\n'
         f'[[assignment.people]]\nname = "A"\nuser = "{USERS[1]}"', "two have the same name"),
        (f'[assignment]\nqueues = ["A"]\n[[assignment.people]]\nname = "A"\nuser = "{USERS[0]}"',
         "is a person, too"),
        ('[[assignment.people]]\nname = "A"\nuser = "ann"', "assignment.people.1.user"),
        ("[status", "not TOML in UTF-8 (at"),
    ],
)  # fmt: skip
def test_what_cannot_hold_together_is_refused_by_name(refusal, text, reason):
    message = refusal(text)
    assert message.startswith("QCONTACT_SYNC_MAPPING_FILE: ")
    assert reason in message


def test_every_fault_is_named_at_once(refusal):
    message = refusal(
        """
        [status.inbound]
        Waiting = "waiting"
        "In Progress" = "open"
        in-progress = "open"
        [constants]
        title = "x"
        [ticket]
        uid = "daily"
        """
    )
    for part in ("waiting has no rank", "are one word", "constants.title", "ticket.uid"):
        assert part in message


def test_every_wrong_key_is_named_at_once(refusal):
    message = refusal('[x]\n[status]\nrank = { a = -1 }\nwinner = "nobody"\n')
    for part in ("x: unknown key", "status.rank.a", "status.winner"):
        assert part in message


def test_a_fault_never_shows_a_value(refusal):
    text = '[[assignment.people]]\nname = 3\nuser = "Zacharias"\n[constants]\na = ["Zacharias"]\n'
    assert "Zacharias" not in refusal(text)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_mapping(tmp_path / "none.toml", "fibreflow", Dialect.TICKETS)
