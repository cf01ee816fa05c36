"""``qcontact-sync mapping``: the rules of the account, and a check before they are changed."""

from pathlib import Path
from typing import Annotated

import typer

from qcontact_sync.cli import help_texts
from qcontact_sync.cli.review_commands import AsJson, asked_before
from qcontact_sync.cli.streams import print_json

mapping_app = typer.Typer(help=help_texts.MAPPING, rich_markup_mode=None)


@mapping_app.callback(invoke_without_command=True)
def mapping(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the rules if no subcommand is called."""
    if context.invoked_subcommand is not None:
        return
    from qcontact_sync import jobs
    from qcontact_sync.cli import show_mapping
    from qcontact_sync.config.access import dialect_from_env
    from qcontact_sync.config.settings import load_settings

    rules = jobs.describe_mapping(load_settings(), dialect_from_env())
    if as_json:
        print_json(rules.to_dict())
    else:
        show_mapping.show_rules(rules)


@mapping_app.command(help=help_texts.MAPPING_CHECK)
def check(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help=help_texts.MAPPING_NEW_FILE)
    ] = None,
    against_live: Annotated[
        bool, typer.Option("--against-live", help=help_texts.AGAINST_LIVE)
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Hold a mapping against this database."""
    from qcontact_sync import jobs
    from qcontact_sync.cli import show_mapping
    from qcontact_sync.config.access import dialect_from_env, fibreflow_from_env
    from qcontact_sync.config.settings import load_settings

    checked = jobs.check_mapping(
        fibreflow_from_env(),
        load_settings(),
        dialect_from_env(),
        file,
        is_against_live=against_live,
    )
    if as_json or asked_before(context):
        print_json(checked.to_dict())
    else:
        show_mapping.show_check(checked)
    return 1 if checked.refused else 0
