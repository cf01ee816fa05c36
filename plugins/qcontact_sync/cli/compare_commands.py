"""The command ``compare`` of ``qcontact-sync``, and ``compare resolve``."""

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from qcontact_sync.cli import help_texts
from qcontact_sync.cli.review_commands import AsJson, Keep, asked_before
from qcontact_sync.cli.streams import log_to_stderr, print_json
from qcontact_sync.core.request import ParamError, parse_request

SOMETHING_LEFT = 3

compare_app = typer.Typer(help=help_texts.COMPARE, rich_markup_mode=None)

Ids = Annotated[list[str] | None, typer.Argument(metavar="ID...", help=help_texts.ANY_TICKET_ID)]
All = Annotated[
    Literal["done_here", "done_there", "differs"] | None,
    typer.Option("--all", help=help_texts.ALL_THAT),
]


@compare_app.callback(invoke_without_command=True)
def compare(
    context: typer.Context,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help=help_texts.CSV)] = None,
    ticket_id: Annotated[
        list[str] | None, typer.Option(metavar="ID", help=help_texts.ONLY_TICKET)
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Compare both sides if no subcommand is called."""
    if context.invoked_subcommand is not None:
        return 0
    ids = parse_request({"ticket_ids": ticket_id or None}).ticket_ids
    from qcontact_sync import jobs
    from qcontact_sync.cli.comparison_output import open_output, print_comparison
    from qcontact_sync.cli.progress import progress_bar
    from qcontact_sync.cli.show_comparison import show_comparison
    from qcontact_sync.config.access import access_from_env
    from qcontact_sync.config.settings import load_settings

    log_to_stderr(logging.WARNING)
    with open_output(csv) as output:
        with progress_bar() as progress:
            advance = partial(progress, "compared") if progress else None
            tally = jobs.compare_tickets(
                *access_from_env(), load_settings(), output.add, ids, advance
            )
        if as_json:
            print_comparison(tally.to_dict(), output.spool)
        else:
            show_comparison(tally.to_dict(), output.spool.lines())
    return 0 if tally.is_same else SOMETHING_LEFT


@compare_app.command(help=help_texts.COMPARE_RESOLVE)
def resolve(
    context: typer.Context,
    keep: Keep,
    ticket_ids: Ids = None,
    all_that: All = None,
    field: Annotated[str | None, typer.Option(metavar="F", help=help_texts.ONLY_FIELD)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=help_texts.CHOICE_DRY_RUN)] = False,
    as_json: AsJson = False,
) -> int:
    """Let one side win for many tickets."""
    ids = _chosen_ids(ticket_ids or [], all_that)
    from qcontact_sync import jobs
    from qcontact_sync.cli.progress import progress_bar
    from qcontact_sync.cli.show_comparison import plain_choice, show_chosen
    from qcontact_sync.config.access import access_from_env
    from qcontact_sync.config.settings import load_settings
    from qcontact_sync.services.comparison import Decision

    log_to_stderr(logging.WARNING)
    decision = Decision(keep, field, dry_run)
    with progress_bar() as progress:
        advance = partial(progress, "decided") if progress else None
        chosen = jobs.choose_side(*access_from_env(), load_settings(), ids, decision, advance)
    if as_json or asked_before(context):
        print_json(plain_choice(chosen))
    else:
        show_chosen(chosen, keep, dry_run=dry_run)
    is_left = any(ticket.refused or ticket.problem for ticket in chosen)
    return SOMETHING_LEFT if is_left else 0


def _chosen_ids(given: Sequence[str], all_that: str | None) -> Sequence[str]:
    if bool(given) is bool(all_that):
        raise ParamError("give ids, or --all, and not both")
    if given:
        return parse_request({"ticket_ids": list(given)}).ticket_ids
    return _every(all_that)


def _every(wanted: str | None) -> Sequence[str]:
    from qcontact_sync import jobs
    from qcontact_sync.config.access import access_from_env
    from qcontact_sync.config.settings import load_settings

    settings, ids = load_settings(), list[str]()
    after: str | None = None
    while True:
        page = jobs.list_differences(*access_from_env(), settings, wanted, after)
        ids += [ticket.remote_id for ticket in page.tickets if ticket.remote_id]
        after = page.after
        if after is None:
            return ids
