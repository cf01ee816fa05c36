"""What the program says of itself, and at what price."""

import os
import subprocess
import sys
from importlib.metadata import version

import pytest

from tests.called_program import call_program
from tests.forked_program import PROGRAM

COMMANDS = (
    "migrate",
    "run",
    "history",
    "last",
    "status",
    "ticket",
    "failures",
    "conflicts",
    "doctor",
)
HEAVY = {"aiohttp", "psycopg", "pydantic", "pydantic_settings", "msgspec", "tenacity", "rich"}


def shown(*arguments: str) -> str:
    ended = call_program(arguments, os.environ)
    assert ended.exit_status == 0
    return ended.stdout


def test_help_lists_every_command_and_exit_status():
    text = shown("--help")
    for word in (*COMMANDS, "DATABASE_URL", "QCONTACT_API_URL", "QCONTACT_API_KEY", "130"):
        assert word in text


def test_no_arguments_show_the_help():
    assert shown() == shown("--help")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command):
    text = shown(command, "--help")
    assert f"qcontact-sync {command}" in text
    assert len(text.splitlines()) > 5


@pytest.mark.parametrize(
    "command", [("failures", "retry"), ("failures", "dismiss"), ("conflicts", "resolve")]
)
def test_every_subcommand_has_an_example(command):
    assert f"qcontact-sync {' '.join(command)} " in shown(*command, "--help")


def test_the_help_of_run_documents_its_exit_statuses_and_has_examples():
    text = shown("run", "--help")
    for part in ("Exit status:", "partial", "Examples:", "--dry-run", "! open conflict"):
        assert part in text


def test_version():
    """The installed script itself."""
    ended = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == f"qcontact-sync {version('qcontact-sync')}"


def test_help_costs_no_heavy_import():
    """``--help`` and a mistyped option answer at once: the sync itself is not even imported."""
    code = "import sys, qcontact_sync.cli.commands; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(ended.stdout.split())
