"""Secrets of the local system: created once, kept in one file that only its owner may read."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cryptography.fernet import Fernet


def _token() -> str:
    return secrets.token_urlsafe(48)


@dataclass(frozen=True, slots=True)
class Credentials:
    """One value per secret; only the admin's password is ever printed."""

    admin_password: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)
    jwt_secret: str = field(default_factory=_token, repr=False)
    api_secret_key: str = field(default_factory=_token, repr=False)
    fernet_key: str = field(default_factory=lambda: Fernet.generate_key().decode(), repr=False)
    sandbox_api_key: str = field(default_factory=_token, repr=False)
    sandbox_password: str = field(default_factory=_token, repr=False)
    cron_secret: str = field(default_factory=_token, repr=False)


def load_or_create(path: Path) -> Credentials:
    """Return the secrets in ``path``; missing ones are created and written back."""
    try:
        kept = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        kept = {}
    known = {name: kept[name] for name in Credentials.__slots__ if name in kept}
    credentials = Credentials(**known)
    write_private(path, json.dumps(asdict(credentials), indent=1))
    return credentials


def write_private(path: Path, text: str) -> None:
    """Write a file that no other account can read at any moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
