"""A private PostgreSQL on loopback, for the demo and the tests; its data stays between runs.

``with server(datadir) as dsn`` starts it and stops it. It listens on 127.0.0.1 alone and asks
for a password, which lies beside the data with mode 0600: other accounts on the machine have no
way in.
"""

import fcntl
import random
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from dev.database.account import Account, first_line, leave_refuge, refuge, server_account
from dev.database.pg_binaries import find_bindir, reachable
from dev.errors import CannotRun

SUPERUSER = "postgres"
START_TRIES = 3
STOP_TIMEOUT_S = 30
STRATEGIES_SINCE = 150_000
SERVER_PORTS = (15_000, 32_000)


@contextmanager
def server(datadir: Path, port: int = 0, *, durable: bool = True) -> Iterator[str]:
    """Run a server on ``datadir`` (made where missing) and yield the DSN of its superuser.

    Args:
        datadir: Where the data stays. For root it moves to /var/tmp where the server's account
            cannot enter its parent.
        port: On 127.0.0.1; 0 takes a free one.
        durable: False trades safety at a power cut for speed; for tests.

    Raises:
        CannotRun: No binaries, a port in use, data of another version or another account, or
            another process that uses this ``datadir`` now.
    """
    account = server_account(datadir.resolve())
    home = settled(datadir.resolve(), account)
    with _claimed(home):
        bindir = reachable(find_bindir(_cluster_version(home)), account)
        cluster = _Cluster(home, bindir, account)
        cluster.stop_leftover()
        cluster.create_if_missing()
        try:
            # An interrupt may come when the server is up and its start has not returned yet.
            taken = cluster.start(port, durable=durable)
            yield f"postgresql://{SUPERUSER}:{cluster.password()}@127.0.0.1:{taken}/postgres"
        finally:
            cluster.stop()


def create_cluster(datadir: Path) -> None:
    """Make a cluster at ``datadir`` and start no server; a copy of it serves as well as it does.

    Raises:
        CannotRun: No binaries, or `initdb` failed.
    """
    account = server_account(datadir.resolve())
    home = settled(datadir.resolve(), account)
    _Cluster(home, reachable(find_bindir(), account), account).create_if_missing()


def settled(datadir: Path, account: Account) -> Path:
    """Return where the data really lies: ``datadir``, or its refuge where that is closed."""
    datadir.parent.mkdir(parents=True, exist_ok=True)
    if account.uid is None:
        return datadir
    foreign = datadir.exists() and datadir.stat().st_uid != account.uid
    if foreign or not account.can_enter(datadir.parent):
        return refuge(datadir) / "data"
    return datadir


def remove(datadir: Path) -> None:
    """Delete a cluster, wherever it lies, and what belongs to it; a server of a killed run ends."""
    home = settled(datadir.resolve(), server_account(datadir.resolve()))
    if leftover := _running(home):
        leftover.send_signal(signal.SIGQUIT)
        leftover.wait(STOP_TIMEOUT_S)
    shutil.rmtree(home, ignore_errors=True)
    for path in (_password_file(home), _lock_file(home)):
        path.unlink(missing_ok=True)
    leave_refuge(datadir.resolve())


def ensure_database(dsn: str, name: str) -> str:
    """Create database ``name`` where missing; return its DSN."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if known.fetchone() is None:
            create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
            connection.execute(create)
    return database_dsn(dsn, name)


def clone_database(dsn: str, template: str, name: str) -> str:
    """Create database ``name`` as a copy of one that nobody is connected to; return its DSN."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(copy_statement(template, name, connection.info.server_version))
    return database_dsn(dsn, name)


def copy_statement(template: str, name: str, version: int) -> sql.Composed:
    """The statement that copies a database on a server of this version."""
    # Less than half the processor time of the usual copy through the log.
    strategy = " STRATEGY file_copy" if version >= STRATEGIES_SINCE else ""
    copy = "CREATE DATABASE {} TEMPLATE {}" + strategy
    return sql.SQL(copy).format(sql.Identifier(name), sql.Identifier(template))


def drop_database(dsn: str, name: str) -> None:
    """Drop database ``name`` where it exists, whoever is connected to it."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(drop_statement(name))


def drop_statement(name: str) -> sql.Composed:
    """The statement that drops a database where it exists, whoever is connected to it."""
    return sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))


def database_dsn(dsn: str, name: str) -> str:
    """Return ``dsn`` with another database; a URL stays a URL, with its query."""
    if "://" not in dsn:
        return make_conninfo(dsn, dbname=name)
    address, mark, query = dsn.partition("?")
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/{name}{mark}{query}"


class _Cluster:
    """One data directory with the programs and the account that serve it."""

    def __init__(self, home: Path, bindir: Path, account: Account) -> None:
        self.home, self.bindir, self.account = home, bindir, account
        self.log = home / "server.log"

    def create_if_missing(self) -> None:
        if (self.home / "PG_VERSION").exists():
            return
        if self.home.exists() and any(self.home.iterdir()):
            raise CannotRun(f"{self.home} holds something else than a database")
        # Renamed when complete: an initdb that was cut off never looks like a cluster.
        building = self._new_directory()
        made = self.account.run(
            self.bindir / "initdb", "--pgdata", building, "--username", SUPERUSER,
            "--auth=scram-sha-256", "--pwfile", self._new_password(),
            "--encoding=UTF8", "--locale=C",
        )  # fmt: skip
        if made.returncode:
            raise CannotRun(f"initdb failed: {first_line([made.stderr, made.stdout])}")
        building.rename(self.home)

    def start(self, port: int, *, durable: bool) -> int:
        """Start, and return the port; a port that was free a moment ago may need a second try."""
        for _ in range(1 if port else START_TRIES):
            tried = port or free_port()
            if self._start_on(tried, durable=durable):
                return tried
        if port and not port_is_free(port):
            raise CannotRun(f"port {port} on 127.0.0.1 is in use; PostgreSQL needs another")
        raise CannotRun("PostgreSQL did not start", self.log)

    def stop(self) -> None:
        for mode in ("fast", "immediate"):
            stopped = self._pg_ctl("stop", "-m", mode, "-t", str(STOP_TIMEOUT_S))
            if stopped.returncode == 0 or _running(self.home) is None:
                return
        if survivor := _running(self.home):
            survivor.kill()

    def stop_leftover(self) -> None:
        """Stop the server of a killed run, or clear away the pid file it left behind."""
        pid_file = self.home / "postmaster.pid"
        if _running(self.home):
            self.stop()
        # The number may by now be somebody else's process, which makes PostgreSQL refuse to start.
        elif pid_file.exists():
            pid_file.unlink()

    def password(self) -> str:
        try:
            return _password_file(self.home).read_text().strip()
        except FileNotFoundError:
            raise CannotRun(
                f"{_password_file(self.home)} is gone: `make clean` starts afresh"
            ) from None

    def _new_directory(self) -> Path:
        path = self.home.with_name(f"{self.home.name}.new")
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(mode=0o700)
        self.account.own(path)
        return path

    def _new_password(self) -> Path:
        path = _password_file(self.home)
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24))
        self.account.own(path)
        return path

    def _start_on(self, port: int, *, durable: bool) -> bool:
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories=''"
        if not durable:
            options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
            options += " -c max_wal_size=256MB -c min_wal_size=32MB"
        return self._pg_ctl("start", "-o", options, "-l", str(self.log)).returncode == 0

    def _pg_ctl(self, command: str, *options: str) -> subprocess.CompletedProcess[str]:
        return self.account.run(
            self.bindir / "pg_ctl", command, "--pgdata", self.home, "--wait", *options
        )


def free_port() -> int:
    """Return a port on 127.0.0.1 that is free now.

    It lies below those that the system gives to outgoing connections, one of which could otherwise
    take it before the server of the caller does.
    """
    while not port_is_free(port := random.randrange(*SERVER_PORTS)):
        pass
    return port


def port_is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` of 127.0.0.1 now."""
    with socket.socket() as listener, socket.socket() as caller:
        # Two ways of asking: some systems let a second server bind beside one on all addresses.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return caller.connect_ex(("127.0.0.1", port)) != 0
    return False


def _running(home: Path) -> psutil.Process | None:
    """Return the server's process if the pid file names a live one that is really it."""
    try:
        pid = int((home / "postmaster.pid").read_text().splitlines()[0])
        process = psutil.Process(pid)
        return process if str(home) in process.cmdline() else None
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


@contextmanager
def _claimed(home: Path) -> Iterator[None]:
    """Hold ``home`` for this process alone; the claim ends with the process, however it ends."""
    home.parent.mkdir(parents=True, exist_ok=True)
    with _lock_file(home).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun(f"another process uses the database in {home}") from None
        yield


def _cluster_version(home: Path) -> int | None:
    try:
        return int((home / "PG_VERSION").read_text())
    except FileNotFoundError:
        return None
    except PermissionError:
        raise CannotRun(
            f"{home} belongs to another account (uid {home.stat().st_uid}): "
            "remove it, or run as that account or as root"
        ) from None


def _password_file(home: Path) -> Path:
    return home.with_name(f"{home.name}.password")


def _lock_file(home: Path) -> Path:
    return home.with_name(f"{home.name}.lock")
