"""What the repository's text may say, and that its links lead somewhere."""

import re

import pytest

from tests.architecture.repository import ROOMS, require, texts

# In pieces, so that this file does not hold what it looks for.
HOMES = "|".join(("wo" + "rk", "roo" + "t", "ho" + r"me/(?!somebody)\w+", "Us" + r"ers/\w+"))
MACHINE_PATHS = re.compile(rf"(?<![\w.~{{}}$/-])/({HOMES})(?![\w-])|(?<![\w.])/t" + r"mp/\w")
INDEX_HOSTS = re.compile(
    "|".join(
        ("py" + r"pi\.(org|python)", "python" + "hosted", r"index-u" + "rl", "arti" + "factory")
    )
)
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
OUTSIDE = ("http://", "https://", "mailto:", "#")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cd /wo" + "rk/main", True),
        ("'/roo" + "t/.cache'", True),
        ("/t" + "mp/x1/data", True),
        ("/ho" + "me/ann/src", True),
        ("network/wo" + "rkers", False),
        ("${AIRFLOW_HOME}/wo" + "rk", False),
        ("wo" + "rk/", False),
        ("a/roo" + "t/b", False),
    ],
)
def test_a_machine_path_is_recognised(text, expected):
    assert bool(MACHINE_PATHS.search(text)) is expected


def _line(text, match):
    return text.count("\n", 0, match.start()) + 1


@pytest.mark.parametrize("room", ["", *ROOMS])
def test_text_names_no_machine_and_no_package_index(room):
    def breaches(path):
        text = path.read_text(encoding="utf-8")
        for pattern in (MACHINE_PATHS, INDEX_HOSTS):
            for match in pattern.finditer(text):
                yield f":{_line(text, match)} {match[0]}"

    require(texts(room), breaches)


def test_relative_links_lead_somewhere():
    def breaches(path):
        text = CODE.sub(lambda code: "\n" * code[0].count("\n"), path.read_text(encoding="utf-8"))
        for match in LINK.finditer(text):
            target = match[1] or match[2]
            is_inside = not target.startswith(OUTSIDE)
            if is_inside and not (path.parent / target.partition("#")[0]).exists():
                yield f":{_line(text, match)} links to {target}"

    require([p for room in ("", *ROOMS) for p in texts(room) if p.suffix == ".md"], breaches)


@pytest.mark.parametrize("room", ["", *ROOMS])
def test_lines_end_as_on_unix(room):
    def breaches(path):
        lines = path.read_bytes().split(b"\n")
        if lines[-1]:
            yield f":{len(lines)} does not end"
        for number, line in enumerate(lines, 1):
            if line.endswith(b"\r"):
                yield f":{number} ends with a carriage return"

    require(texts(room), breaches)
