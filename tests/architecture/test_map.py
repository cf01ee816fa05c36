"""What the pages name is there, and README's map names each room."""

import re

from tests.architecture.repository import PACKAGE, ROOT, require

PATH = re.compile(r"`((?:[\w.-]+/)+(?:[\w-]+\.(?:py|sql|toml|json|yaml|txt))?)`")
NOT_IN_THE_REPOSITORY = re.compile(r"\.run/|\.venvs?/|secrets/|accounts/|.*/NNNN_")


def _named(text):
    for match in PATH.finditer(text):
        if not NOT_IN_THE_REPOSITORY.match(match[1]):
            yield text.count("\n", 0, match.start()) + 1, match[1]


def test_pages_name_files_that_are_there():
    def breaches(path):
        for line, name in _named(path.read_text(encoding="utf-8")):
            if not ((ROOT / name).exists() or (PACKAGE / name).exists()):
                yield f":{line} names {name}"

    require([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")], breaches)


def test_map_of_rooms_names_all_of_the_package():
    _, _, rest = (ROOT / "README.md").read_text().partition("\n## The map of rooms\n")
    named = set(re.findall(r"[\w.]+", rest.partition("\n```\n")[0]))
    inside = {
        path.name
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert inside - named == {"__init__.py"}
