"""What one test session makes once, for all of its processes."""

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import psutil

_VARIABLE = "TEST_SESSION_FOLDER"
_IN_MEMORY = Path("/dev/shm")
_ROOM = 4 * 2**30


def session_folder() -> Path:
    """Return the session's folder; the first process makes it, and removes it at its end.

    The workers of pytest-xdist and other child processes find it by an environment variable.
    """
    if _VARIABLE not in os.environ:
        folder = tempfile.mkdtemp(prefix="qcontact-sync-test-", dir=quick_place())
        # For root, PostgreSQL runs as another account, which must be able to enter.
        Path(folder).chmod(0o755)
        os.environ[_VARIABLE] = folder
        atexit.register(_remove, folder, os.getpid())
    return Path(os.environ[_VARIABLE])


def quick_place() -> Path | None:
    """Where databases go: into memory where there is room, else where temporary files go (None).

    A disk makes the 300 files of a cloned database in ten times that time.
    """
    try:
        free = shutil.disk_usage(_IN_MEMORY).free
    except OSError:
        return None
    return _IN_MEMORY if min(free, psutil.virtual_memory().available) > _ROOM else None


def once(name: str, make: Callable[[Path], None]) -> Path:
    """Return the session's file or folder of this name.

    Args:
        name: In the session's folder.
        make: Makes it at the given path; called by the first process that asks, while the others
            wait.
    """
    folder = session_folder()
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / name).exists():
            # Renamed when complete: the next process tries again after a failure.
            unfinished = Path(tempfile.mkdtemp(dir=folder))
            unfinished.chmod(0o755)
            make(unfinished / name)
            (unfinished / name).rename(folder / name)
    return folder / name


def _remove(folder: str, maker: int) -> None:
    if os.getpid() == maker:
        shutil.rmtree(folder, ignore_errors=True)
