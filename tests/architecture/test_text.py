"""What the repository's text may say, and that its links lead somewhere."""

import re

import pytest

from tests.architecture.repository import named, texts

# In pieces, so that this file does not hold what it looks for.
HOMES = "|".join(("wo" + "rk", "roo" + "t", "ho" + r"me/(?!somebody)\w+", "Us" + r"ers/\w+"))
MACHINE_PATHS = re.compile(rf"(?<![\w.~{{}}$/-])/({HOMES})(?![\w-])|(?<![\w.])/t" + r"mp/\w")
INDEX_HOSTS = re.compile(
    "|".join(
        ("py" + r"pi\.(org|python)", "python" + "hosted", r"index-u" + "rl", "arti" + "factory")
    )
)
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


@pytest.mark.parametrize("path", texts(), ids=named)
def test_text_names_no_machine_and_no_package_index(path):
    text = path.read_text(encoding="utf-8")
    found = [m[0] for pattern in (MACHINE_PATHS, INDEX_HOSTS) for m in pattern.finditer(text)]
    assert found == []


@pytest.mark.parametrize("path", [p for p in texts() if p.suffix == ".md"], ids=named)
def test_relative_links_lead_somewhere(path):
    text = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [a or b for a, b in LINK.findall(text)]
    inside = [t.partition("#")[0] for t in targets if not t.startswith(OUTSIDE)]
    assert [t for t in inside if not (path.parent / t).exists()] == []


@pytest.mark.parametrize("path", texts(), ids=named)
def test_lines_end_as_on_unix(path):
    text = path.read_bytes()
    assert b"\r\n" not in text
    assert not text or text.endswith(b"\n")
