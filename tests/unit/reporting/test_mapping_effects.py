"""What a mapping would change, counted from the words of the linked tickets."""

from dataclasses import replace

import pytest
from qcontact_sync.config.access import Dialect
from qcontact_sync.config.mapping_file import parse_mapping
from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.reporting.mapping_effects import (
    AT_NEXT_CHANGE,
    FORCED,
    ON_READING,
    counted_fields,
    effects_of,
)


def row(field, remote, local, tickets=1):
    return {"field": field, "remote": remote, "local": local, "tickets": tickets}


def effects(text, *rows, before=TICKETS):
    mapping = parse_mapping(text, "fibreflow", Dialect.TICKETS)
    return effects_of(rows, 9, mapping, before)


ESCALATED = '[status.inbound]\nEscalated = "escalated"\n[status.rank]\nescalated = 2\n'


def test_tickets_that_show_the_old_word_are_counted():
    found = effects(ESCALATED, row("status", "Escalated", "in_progress", 7))
    (effect,) = found.effects
    assert (effect.qcontact, effect.now, effect.then) == ("Escalated", "in_progress", "escalated")
    assert (effect.tickets, effect.when, found.links) == (7, AT_NEXT_CHANGE, 9)


@pytest.mark.parametrize(
    "same",
    [
        row("status", "Escalated", "escalated"),
        row("status", "Solved", "handed_to_ops"),
        row("status", "Closed", "open"),
        row("status", None, "open"),
        row("status", "Weird", "open"),
        row("priority", "low", "low"),
        row("priority", "low", "urgent"),
        row("ticket_type", "installation", "new_installation"),
    ],
    ids=str,
)
def test_what_is_the_same_or_differed_before_does_not_count(same):
    assert effects(ESCALATED, same).effects == ()


def test_words_of_columns_change_with_a_forced_run_only():
    text = '[columns.ticket_type.words]\n"B::*" = "incident"\n[columns.priority]\nflow = "create"\n'
    found = effects(
        text, row("ticket_type", "b|x", "maintenance", 3), row("priority", "high", "low")
    )
    (effect,) = found.effects
    assert (effect.field, effect.then, effect.tickets, effect.when) == (
        "ticket_type", "incident", 3, FORCED,
    )  # fmt: skip


def test_a_new_column_is_filled_for_every_ticket_when_it_is_read_again():
    found = effects('[custom_fields]\naccess = "access_notes"\n')
    (effect,) = found.effects
    assert (effect.field, effect.qcontact, effect.tickets) == ("access_notes", None, 9)
    assert effect.when == ON_READING


def test_words_that_the_mapping_does_not_name_are_counted_for_each_side():
    found = effects("", row("status", "Weird", "verified", 2), row("status", "Weird", "open", 3))
    unknown = {(w.side, w.word, w.tickets, w.meaning) for w in found.unknown}
    assert unknown == {
        ("QContact", "Weird", 5, "new tickets become open, others keep their status"),
        ("FibreFlow", "verified", 2, "it ranks lowest"),
        ("FibreFlow", "verified", 2, "it cannot be sent"),
    }


def test_only_words_are_counted_never_texts():
    fields = counted_fields(TICKETS, TICKETS)
    assert fields == ("status", "priority", "ticket_type")
    text = '[columns.part]\nsource = "category"\nkind = "category"\n'
    mapping = parse_mapping(text, "fibreflow", Dialect.TICKETS)
    assert counted_fields(mapping, TICKETS) == fields
    assert counted_fields(mapping, replace(mapping)) == (*fields, "part")
