"""The account a private PostgreSQL runs as: the caller's own, or an unprivileged one for root.

PostgreSQL refuses to run as root, which is what containers often are. Then only the server's own
processes drop to ``nobody``; no account is created and no existing directory changes its owner
or its permissions.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.errors import CannotRun

UNPRIVILEGED = "nobody"


@dataclass(frozen=True, slots=True)
class Account:
    """The account for one command; None everywhere means the caller's own."""

    uid: int | None = None
    gid: int | None = None

    def run(self, *argv: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a short command as this account; its output is captured, its exit status returned.

        The command has a session of its own, so that Ctrl-C at the terminal cannot cut a
        database's start or stop in two.
        """
        return subprocess.run(
            argv,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            cwd="/",
            env=_plain_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )

    def can_enter(self, directory: Path) -> bool:
        """Whether this account may reach what is in ``directory``."""
        return self.run("test", "-x", directory).returncode == 0

    def own(self, path: Path) -> None:
        """Give ``path``, which the caller has just made, to this account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def server_account(datadir: Path) -> Account:
    """Return the account of the server: for root the cluster's owner, or ``nobody``."""
    if os.geteuid() != 0:
        return Account()
    if (datadir / "PG_VERSION").exists() and datadir.stat().st_uid != 0:
        owner = datadir.stat()
        return Account(owner.st_uid, owner.st_gid)
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise CannotRun(
            f"running as root, and there is no account {UNPRIVILEGED!r} for PostgreSQL: "
            "use an ordinary account, or set DATABASE_URL"
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def refuge(path: Path) -> Path:
    """Return a directory that everyone may enter, to use instead of ``path``.

    It is made where missing and belongs to the caller, so nobody else can plant files in it.
    """
    found = _refuge_path(path)
    found.mkdir(mode=0o755, exist_ok=True)
    if found.is_symlink() or found.stat().st_uid != os.geteuid():
        raise CannotRun(f"{found} belongs to another account; remove it")
    found.chmod(0o755)
    return found


def leave_refuge(path: Path) -> None:
    """Delete the directory that was used instead of ``path``."""
    shutil.rmtree(_refuge_path(path), ignore_errors=True)


def _refuge_path(path: Path) -> Path:
    shared = Path("/var/tmp")  # noqa: S108 - survives a reboot, unlike /tmp; ownership is checked
    base = shared if shared.is_dir() else Path(tempfile.gettempdir())
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    return base / f"qcontact-sync-{os.geteuid()}-{digest}"


def _plain_environment() -> dict[str, str]:
    """Return the environment without the variables that redirect PostgreSQL's programs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C"}


def first_line(parts: Sequence[str]) -> str:
    """Return the first line that is not empty, of several outputs."""
    lines = (line.strip() for part in parts for line in part.splitlines())
    return next((line for line in lines if line), "no output")
