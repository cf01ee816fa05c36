"""The program ``qcontact-sync``; docs/cli.md is its manual.

Heavy modules are imported inside the commands, so that ``--help`` and a mistyped option answer at
once.
"""

import logging
import os
import sys
from typing import Annotated, Literal

import typer
from typer.exceptions import TyperException

from qcontact_sync import cli_help, cli_review
from qcontact_sync.accounts import ACCOUNT, find_account
from qcontact_sync.cli_review import AsJson
from qcontact_sync.core.errors import ErrorCode, SyncError, TicketError
from qcontact_sync.core.request import ParamError, parse_request
from qcontact_sync.streams import log_to_stderr, print_json, say

PROGRAM = "qcontact-sync"
FAILED, REFUSED, INTERRUPTED = 1, 2, 130
_RUN_EXITS = {"success": 0, "partial": 3, "failed": FAILED}

app = typer.Typer(
    name=PROGRAM,
    help=cli_help.PROGRAM,
    add_completion=False,
    # Rich's trace shows local variables, and those hold keys and addresses.
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Run a command line to its exit status; an expected failure is one sentence."""
    # A name from QContact may hold characters that this terminal cannot show.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(_exit_status())


def _exit_status() -> int:
    try:
        status = app(sys.argv[1:] or ["--help"], prog_name=PROGRAM, standalone_mode=False)
    except TyperException as error:
        return _report("USAGE_ERROR", error.format_message(), REFUSED, "see --help")
    except SyncError as error:
        is_refused = isinstance(error, ParamError) or error.code is ErrorCode.CONFIG_ERROR
        if is_refused:
            return _report(error.code.value, str(error), REFUSED)
        # What is wrong with one ticket is no matter for the doctor.
        hint = None if isinstance(error, TicketError) else f"see {PROGRAM} doctor"
        return _report(error.code.value, str(error), FAILED, hint)
    if status == INTERRUPTED:
        return _report("INTERRUPTED", "stopped by Ctrl-C; what was done until then stays", status)
    return int(status or 0)


def _report(code: str, message: str, status: int, hint: str | None = None) -> int:
    if "--json" in sys.argv:
        print_json({"success": False, "error": {"code": code, "message": message}})
    say(f"{PROGRAM}: {message}{f' ({hint})' if hint else ''}")
    return status


def _show_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"{PROGRAM} {version(PROGRAM)}")
        raise typer.Exit


def _choose_account(name: str | None) -> None:
    if name is not None:
        # Where everything that this command does will look, in this process alone.
        os.environ[ACCOUNT] = find_account(name).name


@app.callback()
def options(
    account: Annotated[
        str | None,
        typer.Option(metavar="NAME", callback=_choose_account, help=cli_help.ACCOUNT),
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Take what belongs to no command."""


@app.command(help=cli_help.MIGRATE)
def migrate() -> None:
    """Apply the migrations that the database lacks."""
    from qcontact_sync import jobs
    from qcontact_sync.settings import database_url_from_env

    applied = jobs.migrate(database_url_from_env().get_secret_value())
    typer.echo(f"applied {', '.join(applied)}" if applied else "nothing to do: up to date")


@app.command(help=cli_help.RUN)
def run(
    start_date: Annotated[str | None, typer.Option(metavar="T", help=cli_help.START)] = None,
    end_date: Annotated[str | None, typer.Option(metavar="T", help=cli_help.END)] = None,
    direction: Annotated[Literal["both", "inbound", "outbound"], typer.Option()] = "both",
    ticket_id: Annotated[
        list[str] | None, typer.Option(metavar="ID", help=cli_help.TICKET_ID)
    ] = None,
    force_resync: Annotated[bool, typer.Option("--force-resync", help=cli_help.FORCE)] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=cli_help.DRY_RUN)] = False,
    confirm_outbound: Annotated[
        bool, typer.Option("--confirm-outbound", help=cli_help.CONFIRM)
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help=cli_help.VERBOSE)] = False,
    as_json: AsJson = False,
) -> int:
    """Make one run and show what it did."""
    params: dict[str, object] = {
        "start_date": start_date,
        "end_date": end_date,
        "sync_direction": direction,
        "ticket_ids": ticket_id or None,
        "force_resync": force_resync,
        "dry_run": dry_run,
        "confirm_outbound": confirm_outbound,
    }
    parse_request(params)
    log_to_stderr(logging.INFO if verbose else logging.WARNING)
    return _run(params, as_json=as_json)


def _run(params: dict[str, object], *, as_json: bool) -> int:
    from qcontact_sync import jobs, terminal
    from qcontact_sync.settings import load_settings

    settings = load_settings()
    with terminal.progress_bar() as progress:
        result = jobs.run_sync_job(
            params,
            settings=settings,
            progress=progress,
            opened=lambda run: terminal.show_window(run, settings.zone),
        )
    if as_json:
        print_json(result.to_dict())
    else:
        terminal.show_result(result, settings.zone)
    return _RUN_EXITS[result.status]


@app.command(help=cli_help.HISTORY)
def history(
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most this many.")] = 20,
    status: Annotated[
        Literal["running", "success", "partial", "failed"] | None, typer.Option()
    ] = None,
    start_date: Annotated[str | None, typer.Option(metavar="T", help=cli_help.STARTED_FROM)] = None,
    end_date: Annotated[str | None, typer.Option(metavar="T", help=cli_help.STARTED_BEFORE)] = None,
    as_json: AsJson = False,
) -> None:
    """Show runs on record."""
    dates = parse_request({"start_date": start_date, "end_date": end_date})
    from qcontact_sync import jobs, terminal
    from qcontact_sync.settings import load_settings

    rows = jobs.get_sync_job_history(limit, status, dates.start_date, dates.end_date)
    if as_json:
        print_json([row.to_dict() for row in rows])
    else:
        terminal.show_history(rows, load_settings().zone)


@app.command(help=cli_help.LAST)
def last(as_json: AsJson = False) -> None:
    """Show the newest run on record."""
    from qcontact_sync import jobs, terminal
    from qcontact_sync.settings import load_settings

    row = jobs.get_last_sync_job_run()
    if as_json:
        print_json(row.to_dict() if row else None)
    else:
        terminal.show_last(row, load_settings().zone)


app.command(help=cli_help.STATUS)(cli_review.status)
app.command(help=cli_help.TICKET)(cli_review.ticket)
app.add_typer(cli_review.failures_app, name="failures")
app.add_typer(cli_review.conflicts_app, name="conflicts")


@app.command(help=cli_help.DOCTOR)
def doctor(as_json: AsJson = False) -> int:
    """Make all checks and show what they found."""
    from qcontact_sync import terminal
    from qcontact_sync.checks import State
    from qcontact_sync.doctor import examine

    checks = examine()
    is_healthy = all(check.state is not State.FAILED for check in checks)
    if as_json:
        found = [check.to_dict() for check in checks]
        print_json({"is_healthy": is_healthy, "checks": found})
    else:
        terminal.show_checks(checks)
    return 0 if is_healthy else FAILED
