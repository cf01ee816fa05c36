"""The program ``qcontact-sync``; docs/cli.md is its manual.

Heavy modules are imported inside the commands, so that ``--help`` and a mistyped option answer at
once.
"""

import functools
import gc
import logging
import os
import sys
from collections.abc import Callable
from typing import Annotated, Literal

import typer
from typer.exceptions import TyperException

from qcontact_sync.cli import compare_commands, help_texts, mapping_commands, review_commands
from qcontact_sync.cli.progress import progress_bar
from qcontact_sync.cli.review_commands import AsJson
from qcontact_sync.cli.streams import is_result_lost, log_to_stderr, open_streams, print_json, say
from qcontact_sync.config.accounts import ACCOUNT, find_account
from qcontact_sync.core.errors import ErrorCode, SyncError, TicketError
from qcontact_sync.core.params import HELP, SyncDirection
from qcontact_sync.core.request import ParamError, parse_request
from qcontact_sync.reporting.formats import shown_window
from qcontact_sync.services.collecting import rare_collections
from qcontact_sync.sync.unexpected import UnexpectedError, expected_only

PROGRAM = "qcontact-sync"
FAILED, REFUSED, INTERRUPTED = 1, 2, 130
_RUN_EXITS = {"success": 0, "partial": 3, "failed": FAILED}

app = typer.Typer(
    name=PROGRAM,
    help=help_texts.PROGRAM,
    # Rich's trace shows local variables, and those hold keys and addresses.
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Run a command line and exit with its status; an expected failure is one sentence."""
    with rare_collections():  # imports make many objects, too
        status = run_command_line()
        # The last collections would look at all that was imported: a quarter of an idle run.
        gc.freeze()
    sys.exit(status)


def run_command_line() -> int:
    """Carry out what `sys.argv` says, on the two streams of this process; its exit status."""
    open_streams()
    status = _exit_status()
    if is_result_lost():
        say(f"{PROGRAM}: the result could not be written to stdout")
    return status


@functools.cache
def _command() -> Callable[..., int | None]:
    """Made of what is registered below."""
    return typer.main.get_command(app)


def _exit_status() -> int:
    try:
        with expected_only(TyperException):
            arguments = sys.argv[1:] or ["--help"]
            status = _command()(arguments, prog_name=PROGRAM, standalone_mode=False)
    except TyperException as error:
        return _report("USAGE_ERROR", error.format_message(), REFUSED, "see --help")
    except SyncError as error:
        is_refused = isinstance(error, ParamError) or error.code is ErrorCode.CONFIG_ERROR
        return _report(
            error.code.value, str(error), REFUSED if is_refused else FAILED, _hint_for(error)
        )
    if status == INTERRUPTED:
        return _report("INTERRUPTED", "stopped by Ctrl-C; completed work is kept", status)
    if status is None:
        # Only for commands whose exit status is not itself the answer.
        return FAILED if is_result_lost() else 0
    return int(status)


def _hint_for(error: SyncError) -> str | None:
    """Where to look; the doctor checks neither parameters, nor single tickets, nor defects."""
    doctor = f"{PROGRAM} doctor"
    is_elsewhere = isinstance(error, ParamError | TicketError | UnexpectedError)
    if is_elsewhere or doctor in str(error):
        return None
    if str(error).startswith("not set: ") and os.path.exists(".env"):
        return ".env is not read by itself: set -a; . ./.env; set +a"
    return f"see {doctor}"


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
        # The rest of this process reads the account from here.
        os.environ[ACCOUNT] = find_account(name).name


@app.callback()
def options(
    account: Annotated[
        str | None,
        typer.Option(metavar="NAME", callback=_choose_account, help=help_texts.ACCOUNT),
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """The options of the program itself."""


@app.command(help=help_texts.MIGRATE)
def migrate() -> None:
    """Apply the migrations that the database lacks."""
    from qcontact_sync import jobs
    from qcontact_sync.config.access import fibreflow_from_env

    applied = jobs.migrate(fibreflow_from_env().database_url.get_secret_value())
    typer.echo(f"applied {', '.join(applied)}" if applied else "nothing to do: up to date")


@app.command(help=help_texts.RUN)
def run(
    start_date: Annotated[str | None, typer.Option(metavar="T", help=HELP["start_date"])] = None,
    end_date: Annotated[str | None, typer.Option(metavar="T", help=HELP["end_date"])] = None,
    direction: Annotated[SyncDirection, typer.Option(help=HELP["sync_direction"])] = "both",
    ticket_id: Annotated[
        list[str] | None, typer.Option(metavar="ID", help=HELP["ticket_ids"])
    ] = None,
    force_resync: Annotated[
        bool, typer.Option("--force-resync", help=HELP["force_resync"])
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=HELP["dry_run"])] = False,
    confirm_outbound: Annotated[
        bool, typer.Option("--confirm-outbound", help=HELP["confirm_outbound"])
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help=help_texts.VERBOSE)] = False,
    as_json: AsJson = False,
) -> int:
    """Run the sync once and show the result."""
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
    from qcontact_sync import jobs
    from qcontact_sync.config.settings import load_settings

    settings = load_settings()
    with progress_bar() as progress:
        result = jobs.run_sync_job(
            params,
            settings=settings,
            progress=progress,
            on_opened=lambda run: say(f"window: {shown_window(run, settings.zone)}"),
        )
    if as_json:
        print_json(result.to_dict())
    else:
        from qcontact_sync.cli import show_runs

        show_runs.show_result(result, settings.zone)
    return _RUN_EXITS[result.status]


@app.command(help=help_texts.HISTORY)
def history(
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most this many.")] = 20,
    status: Annotated[
        Literal["running", "success", "partial", "failed"] | None, typer.Option()
    ] = None,
    start_date: Annotated[
        str | None, typer.Option(metavar="T", help=help_texts.STARTED_FROM)
    ] = None,
    end_date: Annotated[
        str | None, typer.Option(metavar="T", help=help_texts.STARTED_BEFORE)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the recorded runs that match, newest first, or as a JSON list."""
    dates = parse_request({"start_date": start_date, "end_date": end_date})
    from qcontact_sync import jobs
    from qcontact_sync.cli import show_runs
    from qcontact_sync.config.settings import load_settings

    rows = jobs.get_sync_job_history(limit, status, dates.start_date, dates.end_date)
    if as_json:
        print_json([row.to_dict() for row in rows])
    else:
        show_runs.show_history(rows, load_settings().zone)


@app.command(help=help_texts.LAST)
def last(as_json: AsJson = False) -> None:
    """Show the newest recorded run."""
    from qcontact_sync import jobs
    from qcontact_sync.cli import show_runs
    from qcontact_sync.config.settings import load_settings

    row = jobs.get_last_sync_job_run()
    if as_json:
        print_json(row.to_dict() if row else None)
    else:
        show_runs.show_last(row, load_settings().zone)


app.command(help=help_texts.STATUS)(review_commands.status)
app.command(help=help_texts.TICKET)(review_commands.ticket)
app.add_typer(mapping_commands.mapping_app, name="mapping")
app.command(help=help_texts.FORGET)(review_commands.forget)
app.add_typer(review_commands.failures_app, name="failures")
app.add_typer(review_commands.conflicts_app, name="conflicts")
app.add_typer(compare_commands.compare_app, name="compare")


@app.command(help=help_texts.DOCTOR)
def doctor(as_json: AsJson = False) -> int:
    """Make all checks and show the results."""
    from qcontact_sync import jobs
    from qcontact_sync.cli import show_runs
    from qcontact_sync.services.checks import State

    checks = jobs.examine()
    is_healthy = all(check.state is not State.FAILED for check in checks)
    if as_json:
        found = [check.to_dict() for check in checks]
        print_json({"is_healthy": is_healthy, "checks": found})
    else:
        show_runs.show_checks(checks)
    return 0 if is_healthy else FAILED
