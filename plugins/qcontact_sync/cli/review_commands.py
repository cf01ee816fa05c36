"""The commands of ``qcontact-sync`` for questions and decisions about tickets."""

import logging
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import typer

from qcontact_sync.cli import help_texts
from qcontact_sync.cli.streams import log_to_stderr, print_json
from qcontact_sync.core.failure_filter import FailureState
from qcontact_sync.core.request import ParamError, parse_request

AsJson = Annotated[bool, typer.Option("--json", help=help_texts.JSON)]
ForgottenId = Annotated[str, typer.Argument(metavar="ID", help=help_texts.FORGOTTEN_ID)]
TicketSearch = Annotated[str, typer.Argument(metavar="ID", help=help_texts.TICKET_SEARCH)]
EntryId = Annotated[str, typer.Argument(metavar="ID", help=help_texts.ENTRY_ID)]
ConflictId = Annotated[str, typer.Argument(metavar="ID", help=help_texts.CONFLICT_ID)]
OneDirection = Annotated[
    Literal["inbound", "outbound"] | None,
    typer.Option("--direction", help=help_texts.ONE_DIRECTION),
]
Code = Annotated[str | None, typer.Option("--code", metavar="C", help=help_texts.CODE)]
State = Annotated[
    FailureState | None,
    typer.Option("--state", help=help_texts.FAILURE_STATE),
]
Field = Annotated[str | None, typer.Option("--field", metavar="F", help=help_texts.FIELD)]
Keep = Annotated[Literal["local", "remote"], typer.Option("--keep", help=help_texts.KEEP)]

failures_app = typer.Typer(help=help_texts.FAILURES, rich_markup_mode=None)
conflicts_app = typer.Typer(help=help_texts.CONFLICTS, rich_markup_mode=None)


def status(as_json: AsJson = False) -> int:
    """Show an overview; the exit status is 0 if the sync is healthy."""
    from qcontact_sync import jobs
    from qcontact_sync.cli import show_review
    from qcontact_sync.config.access import fibreflow_from_env
    from qcontact_sync.config.settings import load_settings

    settings = load_settings()
    health = jobs.get_status_here(fibreflow_from_env(), settings, os.environ)
    if as_json:
        print_json(health.to_dict())
    else:
        show_review.show_status(health, settings.zone, datetime.now(UTC))
    return 0 if health.is_healthy else 1


def ticket(ticket_id: TicketSearch, as_json: AsJson = False) -> int:
    """Explain the state of a ticket, or list those that match."""
    given = _checked(ticket_id)
    from qcontact_sync import jobs
    from qcontact_sync.cli import show_review
    from qcontact_sync.config.access import access_from_env
    from qcontact_sync.config.settings import load_settings
    from qcontact_sync.services.review import UnknownId
    from qcontact_sync.services.ticket_story import ticket_links

    log_to_stderr(logging.WARNING)
    settings = load_settings()
    fibreflow, qcontact = access_from_env()
    found = jobs.find_tickets(fibreflow, given)
    if len(found) > 1:
        if as_json:
            raise UnknownId(given, "single ticket")
        show_review.show_found(found)
        return 1
    known = found[0]["qcontact_ticket_id"] if found else given
    story = jobs.explain_ticket(fibreflow, qcontact, settings, known)
    if as_json:
        print_json(story.to_dict())
    else:
        links = ticket_links(settings, story)
        show_review.show_story(story, settings.zone, links)
    return 0


def forget(ticket_id: ForgottenId, as_json: AsJson = False) -> None:
    """Remove what the sync keeps of an erased ticket."""
    given = _checked(ticket_id)
    from qcontact_sync import jobs
    from qcontact_sync.cli import show_review
    from qcontact_sync.config.access import fibreflow_from_env
    from qcontact_sync.config.settings import load_settings

    log_to_stderr(logging.WARNING)
    forgotten = jobs.forget_ticket(fibreflow_from_env(), load_settings(), given)
    if as_json:
        print_json(forgotten.to_dict())
    else:
        show_review.show_forgotten(forgotten)


@failures_app.callback(invoke_without_command=True)
def failures(
    context: typer.Context,
    direction: OneDirection = None,
    code: Code = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """List the quarantine if no subcommand is called."""
    if context.invoked_subcommand is not None:
        return
    from qcontact_sync import jobs
    from qcontact_sync.config.access import fibreflow_from_env
    from qcontact_sync.services.review import FailureFilter

    only = FailureFilter(direction, code, state)
    _show_failures(jobs.list_failures(fibreflow_from_env(), None, only), as_json=as_json)


@failures_app.command(help=help_texts.RETRY)
def retry(
    context: typer.Context,
    entry_id: Annotated[str, typer.Argument(metavar="[ID]", help=help_texts.ENTRY_ID)] = "",
    all_matching: Annotated[bool, typer.Option("--all", help=help_texts.RETRY_ALL)] = False,
    direction: OneDirection = None,
    code: Code = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Let the next run try one entry, or all that match, without waiting for their next try."""
    is_filtered = any((direction, code, state))
    if bool(entry_id) == all_matching or (is_filtered and not all_matching):
        raise ParamError("give one ID, or --all with --direction, --code or --state to limit it")
    given = "" if all_matching else _checked(entry_id)
    from qcontact_sync import jobs
    from qcontact_sync.config.access import fibreflow_from_env
    from qcontact_sync.services.review import FailureFilter

    fibreflow = fibreflow_from_env()
    changed = (
        jobs.retry_matching(fibreflow, FailureFilter(direction, code, state))
        if all_matching
        else jobs.retry_failures(fibreflow, given)
    )
    _show_failures(changed, as_json=as_json or asked_before(context))


@failures_app.command(help=help_texts.DISMISS)
def dismiss(context: typer.Context, entry_id: EntryId, as_json: AsJson = False) -> None:
    """Ignore entries until their tickets change."""
    given = _checked(entry_id)
    from qcontact_sync import jobs
    from qcontact_sync.config.access import fibreflow_from_env

    changed = jobs.dismiss_failures(fibreflow_from_env(), given)
    _show_failures(changed, as_json=as_json or asked_before(context))


def _show_failures(entries: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    from qcontact_sync.cli import show_review
    from qcontact_sync.config.settings import load_settings
    from qcontact_sync.services.results import plain_row

    if as_json:
        print_json([plain_row(entry) for entry in entries])
    else:
        show_review.show_failures(entries, load_settings().zone)


@conflicts_app.callback(invoke_without_command=True)
def conflicts(context: typer.Context, as_json: AsJson = False) -> None:
    """List conflicts if no subcommand is called."""
    if context.invoked_subcommand is not None:
        return
    from qcontact_sync import jobs
    from qcontact_sync.cli import show_review
    from qcontact_sync.config.access import fibreflow_from_env
    from qcontact_sync.config.settings import load_settings
    from qcontact_sync.services.results import plain_row

    found = jobs.list_conflicts(fibreflow_from_env())
    if as_json:
        print_json([plain_row(conflict) for conflict in found])
    else:
        show_review.show_conflicts(found, load_settings().zone)


@conflicts_app.command(help=help_texts.RESOLVE)
def resolve(
    context: typer.Context,
    conflict_id: ConflictId,
    keep: Keep,
    field: Field = None,
    as_json: AsJson = False,
) -> None:
    """Keep the value of one side."""
    from qcontact_sync import jobs
    from qcontact_sync.cli import show_review
    from qcontact_sync.config.access import access_from_env
    from qcontact_sync.config.settings import load_settings
    from qcontact_sync.services.results import plain_row

    log_to_stderr(logging.WARNING)
    given = _checked(conflict_id)
    ended = jobs.resolve_conflict(*access_from_env(), load_settings(), given, keep, field=field)
    if as_json or asked_before(context):
        print_json(plain_row(ended))
    else:
        show_review.show_resolved(ended)


def asked_before(context: typer.Context) -> bool:
    """Whether ``--json`` was given before the subcommand's name."""
    return bool(context.parent and context.parent.params.get("as_json"))


def _checked(given: str) -> str:
    """An id without surrounding blanks.

    Raises:
        ParamError: It is empty, or contains characters that are not allowed in an id.
    """
    (checked,) = parse_request({"ticket_ids": [given]}).ticket_ids
    return checked
