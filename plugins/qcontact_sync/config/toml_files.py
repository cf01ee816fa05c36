"""TOML files that settings name. An error names the place, never the text there."""

import re
from pathlib import Path
from typing import Any

from qcontact_sync.core.errors import ConfigError


def read_text(path: Path, name: str) -> str:
    """The text of a file.

    Args:
        name: The setting that names it.

    Raises:
        ConfigError: It cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{name}: cannot be read ({type(error).__name__})") from None
    except ValueError:
        raise ConfigError(f"{name}: not TOML in UTF-8") from None


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """The document in a text.

    Raises:
        ConfigError: It is not TOML; says where.
    """
    import tomllib  # only where there is a file: the DAG files import this

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Only the place: the text there may be a secret.
        where = re.search(r"at line \d+, column \d+|at end of document", str(error))
        raise ConfigError(f"{name}: not TOML in UTF-8{f' ({where[0]})' if where else ''}") from None
