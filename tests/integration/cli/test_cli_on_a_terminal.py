"""What people see on narrow terminals, and what the shell completes."""

import pytest

from tests.integration.cli.test_cli_review import refused, reopened, ticket

__all__ = ["refused", "reopened", "ticket"]

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

CALLS = (
    ("status",),
    ("history",),
    ("last",),
    ("failures",),
    ("conflicts",),
    ("ticket", "FT"),
    ("doctor",),
    ("run", "--dry-run"),
    ("compare",),
    ("mapping",),
    ("mapping", "check", "--against-live"),
)


@pytest.mark.parametrize("columns", [60, 80])
def test_every_line_fits_a_narrow_terminal(program, refused, reopened, columns):
    """Commands are longer: they stay whole, so that they can be copied."""
    decision = ("compare", "resolve", reopened, "--keep", "local", "--dry-run")
    for call in (*CALLS, ("ticket", reopened), decision):
        shown = program.on_a_screen(columns, *call)
        long = [
            line
            for line in shown.splitlines()
            if len(line) > columns and "qcontact-sync conflicts resolve" not in line
        ]
        assert long == [], (call, long)


def test_processed_written_and_failed_are_told_apart(program, refused):
    shown = program.on_a_screen(80, "history", "--limit", "1")
    assert "outbound  1 processed, 0 written, 1 failed" in shown
    assert "1 processed, 0 written" in program.on_a_screen(80, "last")
    table = " ".join(program("history").stdout.split())
    assert "outbound processed outbound written outbound failed" in table


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("qcontact-sync fail", ["failures"]),
        ("qcontact-sync conflicts res", ["resolve"]),
        ("qcontact-sync history --status pa", ["partial"]),
        ("qcontact-sync run --dir", ["--direction"]),
    ],
)
def test_the_shell_completes_commands_options_and_values(program, typed, offered):
    shell = {
        "_QCONTACT_SYNC_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split()) - 1),
    }
    assert program.having(**shell)().stdout.split() == offered
