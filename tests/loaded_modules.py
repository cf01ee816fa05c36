"""Which modules a program loads, in a process of its own."""

import subprocess
import sys


def loaded_by(program: str) -> set[str]:
    """Names of the modules that are loaded at the end of a program."""
    command = [sys.executable, "-c", f"{program}\nimport sys\nprint(*sys.modules)\n"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(ended.stdout.split())
