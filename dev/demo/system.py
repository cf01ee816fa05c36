"""The whole local system: start its parts in order, and stop them in reverse order."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from shlex import quote

from dev.airflow import metadata
from dev.airflow.api import AirflowApi
from dev.airflow.credentials import Credentials, load_or_create, write_private
from dev.airflow.environment import ADMIN, Sides, airflow_environment, write_login
from dev.database.given import require_reachable
from dev.database.postgres import drop_database, ensure_database, free_port, port_is_free, server
from dev.demo.edits import add_staff
from dev.demo.fibreflow import AuditReader, make_maintenance
from dev.demo.progress import Progress
from dev.demo.sandbox_qcontact import SandboxQContact
from dev.errors import CannotRun
from dev.processes.interrupts import Interrupts
from dev.processes.services import Services, end_leftovers
from dev.settings import DATABASE, RemoteAccess, RunSettings, without_systems
from dev.state import PROJECT, RunDirectory
from sandbox.directory import MAIN_QUEUE

DAG_ID = "qcontact_sync"
MONITOR_DAG_ID = "qcontact_sync_monitor"
FIBREFLOW = "fibreflow"
UI_PORT = 8080
SANDBOX_TICKETS = 300
SANDBOX_EMAIL = "sync@example.test"
PATIENCE_S = 15  # the scheduler waits for running tasks
# Started in this order and stopped in the other: a scheduler without its API server would keep
# trying to reach it.
AIRFLOW_SERVICES = ("api-server", "dag-processor", "triggerer", "scheduler")
# Their log servers have fixed ports; here the API server reads the files themselves.
NO_LOG_SERVER = {"triggerer": ["--skip-serve-logs"], "scheduler": ["--skip-serve-logs"]}


@dataclass(slots=True)
class LocalSystem:
    """The running parts, and the values they share."""

    settings: RunSettings
    given: Mapping[str, str]
    run: RunDirectory
    progress: Progress
    services: Services
    credentials: Credentials
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    staff: list[str] = field(default_factory=list)
    sides: Sides = field(init=False)
    sandbox: SandboxQContact = field(init=False)  # the demo's alone
    airflow: dict[str, str] = field(init=False)
    api: AirflowApi = field(init=False)
    audit: AuditReader = field(init=False)

    def bring_up(self, server_dsn: str) -> None:
        """Start everything on a running database server.

        Raises:
            CannotRun: A part did not come up.
        """
        if self.settings.is_demo:
            self._start_sandbox()
        self._prepare_airflow(server_dsn)
        self._prepare_fibreflow()
        self._start_airflow()

    def _start_sandbox(self) -> None:
        self.run.portfile.unlink(missing_ok=True)
        argv = [sys.executable, "-m", "sandbox", "--port", "0", "--seed", "1"]
        argv += ["--tickets", str(SANDBOX_TICKETS), "--portfile", str(self.run.portfile)]
        argv += ["--dialect", self.settings.demo_dialect]
        # By environment: other accounts can read a process's arguments.
        secrets = {
            "SANDBOX_API_KEY": self.credentials.sandbox_api_key,
            "SANDBOX_EMAIL": SANDBOX_EMAIL,
            "SANDBOX_PASSWORD": self.credentials.sandbox_password,
        }
        self.services.start("sandbox", argv, {**self.given, **secrets})

    def _prepare_airflow(self, server_dsn: str) -> None:
        port = choose_port(UI_PORT, self.progress)
        fibreflow = self.settings.database_url or self._own_fibreflow(server_dsn)
        self.sides = Sides(self._qcontact(), fibreflow)
        if self.settings.is_demo:
            key, dialect = self.credentials.sandbox_api_key, self.settings.demo_dialect
            self.sandbox = SandboxQContact(self.sides.qcontact.url, key, dialect)
        kept = without_systems(self.given)

        def environment(metadata_dsn: str) -> dict[str, str]:
            return airflow_environment(
                kept,
                self.run,
                self.credentials,
                metadata_dsn=metadata_dsn,
                ui_port=port,
                sides=self.sides,
            )

        def migrate(dsn: str) -> None:
            with self.progress.step("creating Airflow's own tables (once)"):
                argv = [sys.executable, "-m", "airflow", "db", "migrate"]
                self._run_tool("airflow-migrate", argv, environment(dsn))

        dsn = metadata.prepare(
            server_dsn,
            version("apache-airflow-core"),
            migrate,
            afresh=self.settings.starts_afresh,
        )
        self.airflow = environment(dsn)
        self.api = AirflowApi(
            self.airflow["AIRFLOW__API__BASE_URL"], ADMIN, self.credentials.admin_password
        )

    def _own_fibreflow(self, server_dsn: str) -> str:
        if self.settings.starts_afresh:
            drop_database(server_dsn, FIBREFLOW)
        dsn = ensure_database(server_dsn, FIBREFLOW)
        if self.settings.starts_afresh and self.settings.demo_schema == "maintenance":
            make_maintenance(dsn)
        return dsn

    def _qcontact(self) -> RemoteAccess:
        if self.settings.qcontact:
            return self.settings.qcontact
        self.services.wait_until(self.run.portfile.exists, "the sandbox QContact", timeout_s=60)
        address = f"http://127.0.0.1:{int(self.run.portfile.read_text())}"
        dialect, secrets = self.settings.demo_dialect, self.credentials
        self.progress.say(f"sandbox QContact ({dialect}), {SANDBOX_TICKETS} tickets: {address}")
        if dialect == "tickets":
            return RemoteAccess(address, secrets.sandbox_api_key)
        queues = str(MAIN_QUEUE)
        return RemoteAccess(
            address, secrets.sandbox_password, dialect, SANDBOX_EMAIL, queues=queues
        )

    def _prepare_fibreflow(self) -> None:
        if self.settings.database_url:
            require_reachable(self.settings.database_url, DATABASE)
        settings = {
            **self.sides.qcontact.variables,
            **self.settings.schema_variables,
            DATABASE: self.sides.fibreflow_dsn,
        }
        with self.progress.step("FibreFlow database: qcontact-sync migrate"):
            argv = [str(Path(sys.executable).with_name("qcontact-sync")), "migrate"]
            self._run_tool("migrate", argv, {**without_systems(self.given), **settings})
        self.audit = AuditReader(self.sides.fibreflow_dsn)
        if self.settings.is_demo:
            settings["CRON_SECRET"] = self.airflow["CRON_SECRET"].partition(",")[0]
            self._write_environment(settings)
            self.staff = add_staff(self.sides.fibreflow_dsn, self.sandbox)

    def _write_environment(self, settings: Mapping[str, str]) -> None:
        """What qcontact-sync, airflow and curl need in another terminal."""
        ours = {name: text for name, text in self.airflow.items() if name.startswith("AIRFLOW_")}
        lines = [f"export {name}={quote(value)}\n" for name, value in {**ours, **settings}.items()]
        lines.append(f'export PATH={quote(str(Path(sys.executable).parent))}:"$PATH"\n')
        write_private(self.run.root / "env", "".join(lines))

    def _start_airflow(self) -> None:
        write_login(self.run, self.credentials)
        for name in AIRFLOW_SERVICES:
            argv = [sys.executable, "-m", "airflow", name, *NO_LOG_SERVER.get(name, [])]
            self.services.start(name, argv, self.airflow, patience_s=PATIENCE_S)
        with self.progress.step("starting Airflow: " + ", ".join(AIRFLOW_SERVICES)):
            self._await_airflow()

    def _await_airflow(self) -> None:
        wait, since = self.services.wait_until, self.started_at
        wait(self.api.is_up, "Airflow's API server", timeout_s=180)
        self.api.log_in()
        self.progress.say(f"Airflow's UI is up: {self.api.url}")
        wait(self.api.is_ready_for_tasks, "Airflow's API for tasks", timeout_s=60)
        wait(
            lambda: not self.api.silent_components(since),
            "a sign of life of every Airflow component",
            timeout_s=120,
        )
        wait(self._dag_is_parsed, f"the DAG {DAG_ID}", timeout_s=120)
        self.progress.say("scheduler, triggerer and DAG processor are up")

    def _dag_is_parsed(self) -> bool:
        if self.api.is_parsed(DAG_ID, self.started_at):
            return True
        if errors := self.api.import_errors(self.started_at):
            raise CannotRun("a DAG file is broken: " + "; ".join(errors))
        return False

    def _run_tool(self, name: str, argv: Sequence[str], env: Mapping[str, str]) -> None:
        log = self.services.log_of(name)
        with log.open("wb") as output:
            done = subprocess.run(
                argv,
                env=env,
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            raise CannotRun(f"{name} ended with exit status {done.returncode}", log)


@contextmanager
def local_system(
    settings: RunSettings,
    given: Mapping[str, str],
    run: RunDirectory,
    progress: Progress,
    interrupts: Interrupts,
) -> Iterator[LocalSystem]:
    """Start everything, and always stop everything at the end.

    Raises:
        CannotRun: A part did not come up.
    """
    if ended := end_leftovers(run.processes):
        progress.say(f"ended {ended} processes of a killed run")
    if settings.starts_afresh:
        # The same slot gives the same run id: a forgotten run's logs would appear in the new one.
        shutil.rmtree(run.task_logs, ignore_errors=True)
    with ExitStack() as stack:
        with progress.step("starting PostgreSQL"):
            dsn = stack.enter_context(server(run.postgres))
        services = Services(run.logs, run.processes)
        stack.callback(_stop, services, progress, interrupts)
        credentials = load_or_create(run.credentials)
        system = LocalSystem(settings, given, run, progress, services, credentials)
        system.bring_up(dsn)
        yield system


def choose_port(wanted: int, progress: Progress) -> int:
    """Return ``wanted`` if it is free; otherwise report and return another port."""
    if port_is_free(wanted):
        return wanted
    port = free_port()
    progress.say(f"port {wanted} is in use: Airflow's UI uses {port}")
    return port


def _stop(services: Services, progress: Progress, interrupts: Interrupts) -> None:
    interrupts.ignore_first()
    with progress.step("stopping every process (Ctrl-C again hurries)"):
        services.stop_all(lambda: interrupts.hurry)
