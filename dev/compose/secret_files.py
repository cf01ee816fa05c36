"""`make secrets`: write the secrets of docker compose into `secrets/`, one file each.

What leads to the systems comes from the environment or `.env`. A secret that only this installation
uses comes from there, too, or stays as its file has it, or is made at random.
"""

import json
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from cryptography.fernet import Fernet
from qcontact_sync.config.addresses import database_address
from qcontact_sync.core.errors import ConfigError

from dev.airflow.environment import postgres_connection, qcontact_connection
from dev.errors import CannotRun
from dev.settings import RemoteAccess, given_environment, read_settings
from dev.state import PROJECT

FOLDER = PROJECT / "secrets"
PLACEHOLDER = "<POSTGRES_PASSWORD>"
CONNECTIONS = "connections.json"
MIGRATOR = "MIGRATOR_DATABASE_URL"


def _random() -> str:
    return secrets.token_hex(32)


OWN: Mapping[str, Callable[[], str]] = {
    "postgres_password": _random,
    "redis_password": _random,
    "admin_password": lambda: secrets.token_urlsafe(12),
    "fernet_key": lambda: Fernet.generate_key().decode(),
    "api_secret_key": _random,
    "jwt_secret": _random,
    "cron_secret": _random,
}
"""Secrets of the installation itself, by file; the variable has the same name in capitals."""


@dataclass(frozen=True, slots=True)
class SecretFiles:
    """Args:
    folder: Where the files go; nobody else may enter it.
    """

    folder: Path = FOLDER

    def write(self, given: Mapping[str, str]) -> list[str]:
        """Return the names of the files that changed.

        Raises:
            CannotRun: What leads to the systems is missing or invalid; nothing was written.
        """
        own = {name: self._own(name, given) for name in OWN}
        given = {n: v.replace(PLACEHOLDER, own["postgres_password"]) for n, v in given.items()}
        qcontact, fibreflow = _systems(given)
        files = (
            own
            | _addresses(own)
            | {
                "migrator_database_url": _migrator(given) or fibreflow,
                CONNECTIONS: self._connections(_connections(qcontact, fibreflow, given)),
            }
        )
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.folder.chmod(0o700)
        return [name for name, text in files.items() if self._changed(name, text)]

    def _own(self, name: str, given: Mapping[str, str]) -> str:
        return given.get(name.upper(), "").strip() or self._present(name) or OWN[name]()

    def _present(self, name: str) -> str:
        path = self.folder / name
        return path.read_text().strip() if path.exists() else ""

    def _connections(self, ours: Mapping[str, object]) -> str:
        """The connections as JSON; those of further accounts stay as they are."""
        try:
            kept = json.loads(self._present(CONNECTIONS) or "{}")
        except ValueError:
            raise CannotRun(f"{self.folder / CONNECTIONS} is not JSON: mend or delete it") from None
        return json.dumps(kept | ours, indent=2)

    def _changed(self, name: str, text: str) -> bool:
        """Write the file where it differs, without a newline: Airflow takes all of it.

        The folder keeps others out; in its container each service reads it as a user of its own.
        """
        path = self.folder / name
        if path.exists() and path.read_text() == text:
            return False
        path.write_text(text)
        path.chmod(0o644)
        return True


def _systems(given: Mapping[str, str]) -> tuple[RemoteAccess, str]:
    settings = read_settings(given)
    if settings.qcontact is None or settings.database_url is None:
        raise CannotRun(
            "QCONTACT_API_URL, its credentials and DATABASE_URL are not set: fill in .env"
        )
    return settings.qcontact, settings.database_url


def _migrator(given: Mapping[str, str]) -> str:
    """The address of who may change tables; empty where it is the sync itself."""
    address = given.get(MIGRATOR, "").strip()
    try:
        return database_address(address, MIGRATOR) if address else ""
    except ConfigError as error:
        raise CannotRun(str(error)) from None


def _connections(
    qcontact: RemoteAccess, fibreflow: str, given: Mapping[str, str]
) -> dict[str, object]:
    found: dict[str, object] = {
        "qcontact_default": json.loads(qcontact_connection(qcontact)),
        "fibreflow_default": json.loads(postgres_connection(fibreflow)),
    }
    if mail := given.get("AIRFLOW_CONN_SMTP_DEFAULT", "").strip():
        found["smtp_default"] = json.loads(mail) if mail.startswith("{") else mail
    return found


def _addresses(own: Mapping[str, str]) -> dict[str, str]:
    """What services connect to with a secret in it."""
    postgres, redis = (quote(own[f"{name}_password"], safe="") for name in ("postgres", "redis"))
    return {
        "airflow_database_url": f"postgresql+psycopg2://airflow:{postgres}@postgres/airflow",
        "broker_url": f"redis://:{redis}@redis:6379/0",
    }


def main() -> int:
    """Return the exit status."""
    try:
        changed = SecretFiles().write(given_environment(os.environ))
    except CannotRun as problem:
        print(f"make secrets: {problem}", file=sys.stderr)
        return 1
    outcome = f"written: {', '.join(changed)}" if changed else "nothing changed"
    print(f"{FOLDER.name}/: {outcome}")
    print(f"The UI's login is admin, with the password in {FOLDER.name}/admin_password")
    return 0


if __name__ == "__main__":
    sys.exit(main())
