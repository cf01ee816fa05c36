"""The commands of ``qcontact-sync`` for questions and decisions about tickets."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import typer

from qcontact_sync.cli import help_texts
from qcontact_sync.cli.streams import log_to_stderr, print_json
from qcontact_sync.core.request import parse_request

AsJson = Annotated[bool, typer.Option("--json", help=help_texts.JSON)]
TicketId = Annotated[str, typer.Argument(metavar="ID", help=help_texts.ANY_TICKET_ID)]
ForgottenId = Annotated[str, typer.Argument(metavar="ID", help=help_texts.FORGOTTEN_ID)]
EntryId = Annotated[str, typer.Argument(metavar="ID", help=help_texts.ENTRY_ID)]
ConflictId = Annotated[str, typer.Argument(metavar="ID", help=help_texts.CONFLICT_ID)]
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
    health = jobs.get_status(fibreflow_from_env(), settings)
    if as_json:
        print_json(health.to_dict())
    else:
        show_review.show_status(health, settings.zone)
    return 0 if health.is_healthy else 1


def ticket(ticket_id: TicketId, as_json: AsJson = False) -> None:
    """Explain the state of a ticket."""
    given = _checked(ticket_id)
    from qcontact_sync import jobs
    from qcontact_sync.cli import show_review
    from qcontact_sync.config.access import access_from_env
    from qcontact_sync.config.settings import load_settings

    log_to_stderr(logging.WARNING)
    settings = load_settings()
    story = jobs.explain_ticket(*access_from_env(), settings, given)
    if as_json:
        print_json(story.to_dict())
    else:
        show_review.show_story(story, settings.zone, datetime.now(UTC))


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
def failures(context: typer.Context, as_json: AsJson = False) -> None:
    """List the quarantine if no subcommand is called."""
    if context.invoked_subcommand is not None:
        return
    from qcontact_sync import jobs
    from qcontact_sync.config.access import fibreflow_from_env

    _show_failures(jobs.list_failures(fibreflow_from_env()), as_json=as_json)


@failures_app.command(help=help_texts.RETRY)
def retry(context: typer.Context, entry_id: EntryId, as_json: AsJson = False) -> None:
    """Make entries due now."""
    given = _checked(entry_id)
    from qcontact_sync import jobs
    from qcontact_sync.config.access import fibreflow_from_env

    changed = jobs.retry_failures(fibreflow_from_env(), given)
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
        show_review.show_failures(entries, load_settings().zone, datetime.now(UTC))


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
    context: typer.Context, conflict_id: ConflictId, keep: Keep, as_json: AsJson = False
) -> None:
    """Keep the value of one side."""
    from qcontact_sync import jobs
    from qcontact_sync.cli import show_review
    from qcontact_sync.config.access import access_from_env
    from qcontact_sync.config.settings import load_settings
    from qcontact_sync.services.results import plain_row

    log_to_stderr(logging.WARNING)
    ended = jobs.resolve_conflict(*access_from_env(), load_settings(), _checked(conflict_id), keep)
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
