"""Variables that may come from a file: ``<NAME>_FILE`` holds its path (Docker, Kubernetes)."""

from collections.abc import Mapping
from pathlib import Path

from qcontact_sync.core.errors import ConfigError


def is_given(name: str, environment: Mapping[str, str]) -> bool:
    """Whether it is set, in either way."""
    return bool(environment.get(name) or environment.get(f"{name}_FILE"))


def read_secret(name: str, environment: Mapping[str, str]) -> str:
    """A variable's value, or its file's without the last line end; empty where neither is set.

    The file is read anew at each call.

    Raises:
        ConfigError: The file is empty or cannot be read, or both are set.
    """
    given, path = environment.get(name, ""), environment.get(f"{name}_FILE", "")
    if not path:
        return given
    if given.strip():
        raise ConfigError(f"{name} and {name}_FILE are both set: set one of them")
    try:
        secret = Path(path).read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{name}_FILE: cannot be read ({type(error).__name__})") from None
    if not secret.strip():
        # An accident: it must not count as a variable that is not set.
        raise ConfigError(f"{name}_FILE: the file is empty")
    return secret
