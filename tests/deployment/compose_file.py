"""docker-compose.yaml and .env.example as compose reads them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from expandvars import expand

from dev.state import PROJECT

COMPOSE = PROJECT / "docker-compose.yaml"
EXAMPLE = PROJECT / ".env.example"


@dataclass(frozen=True, slots=True)
class Service:
    """What compose would start: the entry point's arguments, and what it adds to the image's
    environment.
    """

    argv: list[str]
    environment: dict[str, str]
    health: list[str]


def interpolated(found: Any, variables: Mapping[str, str]) -> Any:
    """Return a part of the file with every ``${NAME}`` filled in.

    Raises:
        ParameterNullOrNotSet: One that must be set is missing or empty; it names the variable.
    """
    match found:
        case str():
            parts = found.split("$$")
            return "$".join(expand(part, environ=variables, escape_char="\0") for part in parts)
        case list():
            return [interpolated(part, variables) for part in found]
        case dict():
            return {name: interpolated(part, variables) for name, part in found.items()}
    return found


def project(variables: Mapping[str, str]) -> dict[str, Any]:
    """The whole file, filled in."""
    filled: dict[str, Any] = interpolated(yaml.safe_load(COMPOSE.read_text()), variables)
    return filled


def services(variables: Mapping[str, str], *profiles: str) -> dict[str, Service]:
    """The services that run with these profiles."""
    found = project(variables)["services"]
    return {
        name: _service(service)
        for name, service in found.items()
        if not service.get("profiles") or set(profiles) & set(service["profiles"])
    }


def _service(service: Mapping[str, Any]) -> Service:
    kind, *test = service.get("healthcheck", {}).get("test", ["CMD"])
    return Service(
        [*service.get("entrypoint", []), *service.get("command", [])],
        {name: str(value) for name, value in service.get("environment", {}).items()},
        ["sh", "-c", *test] if kind == "CMD-SHELL" else test,
    )


def example(section: str) -> dict[str, str]:
    """The values that a section of .env.example proposes, as comments."""
    _, _, rest = EXAMPLE.read_text().partition(f"# --- {section}")
    return dict(re.findall(r"(?m)^# (\w+)=(\S.*)$", rest.partition("\n# --- ")[0]))


def explained() -> set[str]:
    """Every variable that .env.example tells of."""
    return set(re.findall(r"(?m)^(?:# )?(\w+)=", EXAMPLE.read_text()))


def image_of(path: Path = PROJECT / "Dockerfile") -> str:
    """The image that ours begins with."""
    (found,) = re.findall(r"(?m)^FROM (\S+)", path.read_text())
    return str(found)
