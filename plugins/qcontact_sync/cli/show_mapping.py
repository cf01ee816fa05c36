"""The output of `mapping` and `mapping check`."""

from collections.abc import Iterable

from rich.console import Console

from qcontact_sync.cli.console import open_console, show_rows, write
from qcontact_sync.reporting.field_rules import FieldRules
from qcontact_sync.reporting.field_tables import rule_tables
from qcontact_sync.reporting.mapping_effects import Effects
from qcontact_sync.services.mapping_report import MappingCheck


def show_rules(rules: FieldRules) -> None:
    """Which field goes which way, which word becomes which, who wins."""
    console = open_console()
    for shown in rule_tables(rules):
        _table(console, shown.title, shown.headings, shown.rows)
        if shown.note:
            write(console, shown.note)


def show_check(check: MappingCheck) -> None:
    """Whether the mapping can be used, and what it would change."""
    console = open_console()
    is_usable = not check.refused
    write(console, f"The mapping is valid. This database {'takes' if is_usable else 'refuses'} it.")
    if check.findings:
        _table(
            console,
            "This database",
            ("", "table or column", "", "in the mapping file"),
            ((f.verdict.value, f.where, f.text, f.line or "") for f in check.findings),
        )
    if check.effects is not None:
        _show_effects(console, check.effects)


def _show_effects(console: Console, effects: Effects) -> None:
    if effects.unknown:
        _table(
            console,
            "Words that the mapping does not name",
            ("field", "side", "word", "tickets", "effect"),
            ((u.field, u.side, u.word, f"{u.tickets}", u.meaning) for u in effects.unknown),
        )
    if not effects.effects:
        write(console, f"No ticket of {effects.links} would show anything else.")
        return
    _table(
        console,
        f"Tickets that would change, of {effects.links}",
        ("field", "QContact", "FibreFlow now", "then", "tickets", "when"),
        (
            (e.field, e.qcontact or "-", e.now or "-", e.then or "-", f"{e.tickets}", e.when)
            for e in effects.effects
        ),
    )


def _table(
    console: Console, title: str, headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]
) -> None:
    write(console, title, "bold")
    show_rows(console, headings, rows, right=("tickets", "rank"))
