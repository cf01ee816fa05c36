"""The services of docker-compose.yaml as plain processes on loopback.

What containers have each for themselves is one machine's here, so names, ports and folders are
translated: all of that stands in `_translations` and `_ports`. Command, environment and health
check are otherwise the file's. PostgreSQL is a private one instead of the image's.
"""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from dev.compose.secret_files import SecretFiles
from dev.database.postgres import database_dsn, free_port, server
from dev.demo.sandbox_qcontact import SandboxQContact
from dev.processes.services import Services
from dev.state import PROJECT
from tests.airflow_policy import retry_soon
from tests.deployment import compose_file
from tests.depth import IS_DEEP
from tests.e2e.airflow_client import AirflowClient
from tests.pristine_airflow import fill_metadata_database
from tests.private_postgres import new_datadir

READY_S = 180
# Only the pace: so that a test need not wait for what an installation waits for.
PACE = {
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
}


def demo_variables() -> dict[str, str]:
    """A ``.env`` for the demo, as .env.example says, with a key of its own."""
    demo = compose_file.example("the demo with docker compose")
    return demo | {"QCONTACT_API_KEY": secrets.token_hex(16)}


@dataclass
class Loopback:
    """Args:
    root: A folder for what would lie in containers and volumes.
    variables: The content of ``.env``.
    settings: The content of ``sync.env``.
    database: DSN of the PostgreSQL that stands for the service of that name.
    profiles: Those that are on.
    """

    root: Path
    variables: Mapping[str, str]
    settings: Mapping[str, str]
    database: str
    profiles: tuple[str, ...]
    running: Services = field(init=False)
    ports: dict[str, int] = field(init=False)
    secrets: Path = field(init=False)

    def __post_init__(self) -> None:
        self.running = Services(self.root, self.root / "processes.json")
        self.ports = {
            name: free_port() for name in ("api-server", "scheduler", "sandbox", "redis", "mail")
        }
        for volume in ("logs", "state"):
            (self.root / volume).mkdir()
        self.services = compose_file.services(self.variables, *self.profiles)
        self.secrets = self.root / "secrets"
        SecretFiles(self.secrets).write(self.variables)
        for path in self.secrets.iterdir():
            path.write_text(self._translate(path.read_text(), 1))

    def start(self, name: str, number: int = 1) -> None:
        """Start the service's command; ``number`` tells replicas apart."""
        argv = [*self._translated(self.services[name].argv, number), *self._apart(name, number)]
        where = PROJECT if name == "sandbox" else self.root
        argv = ["env", f"--chdir={where}", *argv]
        environment = self.environment(name, number)
        self.running.start(f"{name}-{number}", argv, environment, patience_s=15)

    def once(self, name: str) -> subprocess.CompletedProcess[str]:
        """Carry a service's command out to its end."""
        argv = self._translated(self.services[name].argv, 1)
        return self._run(argv, self.environment(name, 1))

    def health(self, name: str, number: int = 1) -> subprocess.CompletedProcess[str]:
        """Carry out a service's health check."""
        argv = self._translated(self.services[name].health, number)
        return self._run(argv, self.environment(name, number))

    def await_healthy(self, name: str, number: int = 1) -> None:
        self.running.wait_until(
            lambda: self.health(name, number).returncode == 0, f"{name} {number}", timeout_s=READY_S
        )

    def environment(self, name: str, number: int) -> dict[str, str]:
        """The image's, the service's, and the ports that are this machine's."""
        home = self.root / f"{name}-{number}"
        home.mkdir(exist_ok=True)
        retry_soon(home)
        image = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "LANG": "C.UTF-8",
            "HOME": str(home),
        }
        given = {**self.settings, **self.services[name].environment}
        translated = {n: self._translate(text, number) for n, text in given.items()}
        return image | PACE | translated | {"AIRFLOW_HOME": str(home)} | self._ports(number)

    @contextmanager
    def qcontact(self) -> Iterator[SandboxQContact]:
        """What the call centre sees."""
        url = f"http://127.0.0.1:{self.ports['sandbox']}"
        sandbox = SandboxQContact(url, self.variables["QCONTACT_API_KEY"])
        try:
            yield sandbox
        finally:
            sandbox.close()

    @property
    def fibreflow(self) -> str:
        return (self.secrets / "migrator_database_url").read_text()

    def client(self) -> AirflowClient:
        """A person at the UI, logged in."""
        url = f"http://127.0.0.1:{self.ports['api-server']}"
        client = AirflowClient(url, "admin", (self.secrets / "admin_password").read_text())
        self.running.wait_until(client.is_up, "the API server", timeout_s=READY_S)
        client.log_in()
        return client

    def _translated(self, argv: Sequence[str], number: int) -> list[str]:
        return [self._translate(argument, number) for argument in argv]

    def _translate(self, text: str, number: int) -> str:
        if text == "8000":  # an argument of its own
            return str(self.ports["sandbox"])
        for theirs, ours in self._translations(number).items():
            text = text.replace(theirs, ours)
        return text

    def _translations(self, number: int) -> dict[str, str]:
        port = self.ports
        postgres = psycopg.conninfo.conninfo_to_dict(self.database)["port"]
        redis = f"--port {port['redis']} --bind 127.0.0.1 --dir {self.root}"
        return {
            "/opt/airflow/project": str(PROJECT),
            "/opt/airflow/": f"{self.root}/",
            "/run/secrets/": f"{self.secrets}/",
            "@postgres/": f"@127.0.0.1:{postgres}/",
            '"host": "postgres"': '"host": "127.0.0.1"',
            '"port": 5432': f'"port": {postgres}',
            "@redis:6379": f"@127.0.0.1:{port['redis']}",
            "redis-server ": f"redis-server {redis} ",
            "redis-cli ": f"redis-cli -p {port['redis']} ",
            "api-server:8080": f"127.0.0.1:{port['api-server']}",
            "localhost:8080": f"127.0.0.1:{port['api-server']}",
            "localhost:8974": f"127.0.0.1:{port['scheduler']}",
            "sandbox:8000": f"127.0.0.1:{port['sandbox']}",
            "localhost:8000": f"127.0.0.1:{port['sandbox']}",
            "0.0.0.0": "127.0.0.1",
            "mail-catcher": "127.0.0.1",
            '"port": 1025': f'"port": {port["mail"]}',
            "$(hostname)": f"worker-{number}",
        }

    def _ports(self, number: int) -> dict[str, str]:
        """Ports that every container may have for itself."""
        return {
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.ports["api-server"]),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST": "127.0.0.1",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(self.ports["scheduler"]),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
        }

    def _apart(self, name: str, number: int) -> list[str]:
        """A worker's name is its container's; here both would have the machine's."""
        return ["--celery-hostname", f"worker-{number}"] if name == "worker" else []

    def _run(
        self, argv: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv, env=environment, cwd=self.root, capture_output=True, text=True, check=False
        )


@contextmanager
def loopback(
    root: Path, variables: Mapping[str, str], settings: Mapping[str, str], *profiles: str
) -> Iterator[Loopback]:
    """The file's services, none started yet; all that were are stopped at the end."""
    with ExitStack() as stack:
        datadir = stack.enter_context(new_datadir())
        dsn = stack.enter_context(server(datadir, durable=False))
        system = Loopback(root, variables, settings, dsn, profiles)
        _as_the_image_does(dsn, system)
        stack.callback(system.running.stop_all, lambda: True)  # nobody waits for what they still do
        yield system


def _as_the_image_does(dsn: str, system: Loopback) -> None:
    """Make the account and the databases that the image makes of the service's environment."""
    found = compose_file.project(system.variables)
    given = found["services"]["postgres"]["environment"]
    user, name = map(sql.Identifier, (given["POSTGRES_USER"], given["POSTGRES_DB"]))
    with psycopg.connect(dsn, autocommit=True) as connection:
        password = sql.Literal((system.secrets / "postgres_password").read_text())
        create = sql.SQL("CREATE ROLE {} SUPERUSER LOGIN PASSWORD {}").format(user, password)
        connection.execute(create)
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, user))
    own = database_dsn(dsn, given["POSTGRES_DB"])
    with psycopg.connect(own, autocommit=True) as connection:
        connection.execute((PROJECT / found["configs"]["demo-database"]["file"]).read_text())
    if not IS_DEEP:  # airflow-init then finds it migrated
        fill_metadata_database(dsn, own)
