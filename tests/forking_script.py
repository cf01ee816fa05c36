"""``qcontact-sync`` for the shells of tests: a fork of the process that has its modules imported.

What the installed script does at its start is left to the tests that start it (`forked_program`).
"""

import functools
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from shlex import quote

from tests.forked_program import starter

_SCRIPT = """\
import json, os, socket, sys
asked = socket.socket(fileno=int(os.environ.pop("STARTER")))
line, its_line = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
socket.send_fds(asked, [b"start"], [0, 1, 2, its_line.fileno()])
its_line.close()
order = {"arguments": sys.argv[1:], "environment": dict(os.environ), "folder": os.getcwd()}
line.sendall(json.dumps(order).encode())
line.recv(100)  # its process id
sys.exit(int(line.recv(100)))
"""


def run_in_shell(
    script: str, environment: Mapping[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    """Run a Bash script that ends at the first command that fails.

    Args:
        environment: All of it.
    """
    given = {**environment, "STARTER": str(starter().fileno())}
    given["PATH"] = f"{_folder_of(folder)}:{given['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=given,
        cwd=folder,
        pass_fds=[starter().fileno()],
        capture_output=True,
        text=True,
        check=False,
    )


@functools.cache
def _folder_of(folder: Path) -> Path:
    """Where the script is, for shells of this folder."""
    made = folder / "forking"
    made.mkdir()
    script = made / "script.py"
    script.write_text(_SCRIPT)
    # Not the script itself: the interpreter's path may be too long for its first line, or have
    # blanks in it.
    program = made / "qcontact-sync"
    program.write_text(f'#!/bin/sh\nexec {quote(sys.executable)} -IS {quote(str(script))} "$@"\n')
    program.chmod(0o755)
    return made
