"""Whose process is gone holds no lease and runs nothing."""

import os
import subprocess

from qcontact_sync.sync.leases import is_alive


def test_own_process_is_alive() -> None:
    assert is_alive(os.getpid())


def test_ended_process_is_not_alive_before_its_parent_collects_it() -> None:
    """In a container without an init, nobody ever asks for it."""
    with subprocess.Popen(["true"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not is_alive(process.pid)
    assert not is_alive(process.pid)
