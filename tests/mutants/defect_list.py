"""The named defects: what is broken on purpose, and which tests must notice."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_LIST = Path(__file__).with_name("defects.toml")


@dataclass(frozen=True, slots=True)
class Defect:
    """One edit of one file that breaks one promise.

    Attributes:
        promise: What must always hold and would not any more; a sentence for a person.
        file: Path below the root.
        old: What is replaced; occurs exactly once in the file.
        tests: Node ids below ``tests/``; each of them has to fail.
    """

    name: str
    promise: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def applied_to(self, text: str) -> str:
        """The file's text with the defect in it."""
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: its old text occurs {text.count(self.old)} times")
        return text.replace(self.old, self.new)

    @property
    def node_ids(self) -> tuple[str, ...]:
        return tuple(f"tests/{test}" for test in self.tests)


def listed_defects() -> list[Defect]:
    """All of them, in the order of the list."""
    listed = tomllib.loads(_LIST.read_text(encoding="utf-8"))
    return [
        Defect(name, **{**entry, "tests": tuple(entry["tests"])}) for name, entry in listed.items()
    ]
