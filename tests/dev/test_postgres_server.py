"""The private PostgreSQL: starts anywhere, keeps its data, survives being killed."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from dev.database.postgres import database_dsn, drop_database, ensure_database, remove, server
from dev.errors import CannotRun
from tests.private_postgres import empty_place, new_datadir

pytestmark = pytest.mark.integration


@pytest.fixture
def nothing_yet() -> Iterator[Path]:
    """A place for a cluster that the server's account can enter, for root too."""
    with empty_place() as path:
        yield path


@pytest.fixture
def datadir() -> Iterator[Path]:
    """A cluster there."""
    with new_datadir() as path:
        yield path


def one(dsn: str, query: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def listens(dsn: str) -> bool:
    try:
        psycopg.connect(dsn).close()
    except psycopg.OperationalError:
        return False
    return True


def server_process(datadir: Path) -> psutil.Process:
    return psutil.Process(int((datadir / "postmaster.pid").read_text().splitlines()[0]))


def test_data_stays_from_one_start_to_the_next(nothing_yet):
    with server(nothing_yet) as dsn, psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE kept (id int)")
    assert not listens(dsn)
    with server(nothing_yet) as dsn:
        assert one(dsn, "SELECT count(*) FROM kept") == 0


def test_the_wheel_is_enough(nothing_yet, monkeypatch):
    monkeypatch.setenv("PG_BINDIR", "wheel")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    with server(nothing_yet) as dsn:
        assert one(dsn, "SELECT 1") == 1
        assert "pginstall" in server_process(nothing_yet).exe()


def test_a_stray_environment_of_another_server_is_ignored(nothing_yet, monkeypatch):
    for name, value in {"PGDATA": "/nowhere", "PGPORT": "1", "LC_ALL": "xx_XX"}.items():
        monkeypatch.setenv(name, value)
    with server(nothing_yet) as dsn:
        assert one(dsn, "SELECT 1") == 1


def test_nobody_gets_in_without_the_password(datadir):
    with server(datadir) as dsn:
        params = psycopg.conninfo.conninfo_to_dict(dsn) | {"password": "guess"}
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(**params)
        assert (datadir.with_name("data.password").stat().st_mode & 0o777) == 0o600


def test_a_killed_server_starts_again_with_its_data(datadir):
    with server(datadir) as dsn:
        ensure_database(dsn, "kept")
        process = server_process(datadir)
        process.kill()
        process.wait(timeout=30)
    assert not listens(dsn)
    with server(datadir) as dsn:
        assert one(database_dsn(dsn, "kept"), "SELECT 1") == 1


def test_a_pid_file_that_names_somebody_elses_process_is_no_obstacle(datadir):
    with server(datadir):
        left_behind = (datadir / "postmaster.pid").read_text()
    other = str(os.getpid())
    (datadir / "postmaster.pid").write_text("\n".join([other, *left_behind.splitlines()[1:]]))
    with server(datadir) as dsn:
        assert one(dsn, "SELECT 1") == 1


def test_the_server_of_a_killed_process_is_taken_over(datadir):
    program = (
        "import sys, time; from pathlib import Path; from dev.database.postgres import server\n"
        "with server(Path(sys.argv[1])) as dsn:\n    print(dsn, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(datadir)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        orphaned = holder.stdout.readline().strip()
        holder.send_signal(signal.SIGKILL)
    assert listens(orphaned)
    with server(datadir) as dsn:
        assert not listens(orphaned)
        assert one(dsn, "SELECT 1") == 1


def test_a_second_process_on_the_same_data_is_refused(datadir):
    with server(datadir), pytest.raises(CannotRun, match="another process"), server(datadir):
        pass


def test_a_fixed_port_in_use_is_named(datadir):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotRun, match=f"port {port} .* in use"), server(datadir, port):
            pass


def test_a_directory_with_other_things_in_it_is_left_alone(nothing_yet):
    nothing_yet.mkdir()
    (nothing_yet / "thesis.txt").write_text("mine")
    if os.geteuid() == 0:
        os.chown(nothing_yet, 65534, 65534)
    with pytest.raises(CannotRun, match="something else"), server(nothing_yet):
        pass
    assert (nothing_yet / "thesis.txt").read_text() == "mine"


def test_data_of_a_version_that_is_gone_is_explained(datadir):
    with server(datadir):
        pass
    (datadir / "PG_VERSION").write_text("9\n")
    with pytest.raises(CannotRun, match="PostgreSQL 9"), server(datadir):
        pass


def test_a_home_that_only_its_owner_may_enter_is_no_obstacle(nothing_yet):
    """Root's server runs as another account: its data goes where that one can enter."""
    private = nothing_yet.parent / "home"
    private.mkdir(mode=0o700)
    try:
        with server(private / "data") as dsn:
            assert one(dsn, "SELECT 1") == 1
        assert private.stat().st_mode & 0o777 == 0o700
        with server(private / "data") as dsn:
            ensure_database(dsn, "kept")
    finally:
        remove(private / "data")
    assert list(private.iterdir()) == []


def test_databases_come_and_go_by_name(pg_server):
    dsn = ensure_database(pg_server, "come_and_go")
    assert ensure_database(pg_server, "come_and_go") == dsn
    assert one(dsn, "SELECT current_database()") == "come_and_go"
    drop_database(pg_server, "come_and_go")
    assert not listens(dsn)


@pytest.mark.parametrize(
    ("dsn", "expected"),
    [
        ("postgresql://u:p@h:1/a", "postgresql://u:p@h:1/b"),
        ("postgres://u@h/a?sslmode=require", "postgres://u@h/b?sslmode=require"),
        ("postgresql://h", "postgresql://h/b"),
        ("host=h dbname=a", "dbname=b host=h"),
    ],
)
def test_another_database_of_the_same_server(dsn, expected):
    assert database_dsn(dsn, "b") == expected


def test_an_empty_database_is_the_tests_own(empty_db):
    assert one(empty_db, "SELECT count(*) FROM pg_stat_user_tables") == 0
