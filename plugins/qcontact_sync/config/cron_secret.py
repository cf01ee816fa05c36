"""The secrets of the HTTP endpoint: CRON_SECRET, or the file that CRON_SECRET_FILE names."""

import os
from collections.abc import Mapping

from qcontact_sync.config.secret_files import read_secret
from qcontact_sync.core.errors import ConfigError

SECRET = "CRON_SECRET"  # noqa: S105 a variable's name
SHORTEST = 16
ADVISED = 32
MOST = 2
ADVICE = "make one with: openssl rand -hex 32"


def cron_secrets(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The secrets that are valid now; a file is read anew at each call.

    Returns:
        None, where no secret is set; one; or two, while one replaces the other.

    Raises:
        ConfigError: Says what is wrong with them, never what they are.
    """
    given = read_secret(SECRET, environment).strip()
    secrets = tuple(part.strip() for part in given.split(",") if part.strip())
    if given and not secrets:
        # An accident, as an empty file is: it must not open the endpoint to Airflow's tokens.
        raise ConfigError(f"{SECRET} contains only commas: set a secret; {ADVICE}")
    if len(secrets) > MOST:
        raise ConfigError(
            f"{SECRET} holds {len(secrets)} secrets, and at most {MOST} may be valid at once; "
            f"a comma separates two secrets and is never part of one; {ADVICE}"
        )
    if any(len(secret) < SHORTEST for secret in secrets):
        raise ConfigError(
            f"{SECRET} holds a secret of fewer than {SHORTEST} characters; "
            f"a comma separates two secrets and is never part of one; {ADVICE}"
        )
    return secrets


def weakness(secrets: tuple[str, ...]) -> str | None:
    """What a person should improve about secrets that are accepted; None where all is well."""
    if any(len(secret) < ADVISED for secret in secrets):
        return f"{SECRET} holds a secret of fewer than {ADVISED} characters"
    return None
