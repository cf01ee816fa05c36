"""What the repository's text may say, where its links lead, and how decisions are numbered."""

import re

import pytest

from tests.architecture.repository import CODE as PYTHON
from tests.architecture.repository import ROOMS, ROOT, modules, require, texts

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
ADR_LINK = re.compile(r"\[ADR (\d+)\]\((?:adr/)?(\d{4})-")
CITED = re.compile(r"(docs/[\w/-]+\.md)(?:,\s+\"([^\"]+)\")?")
ABSENT = re.compile(r"design (section )?\d|source: contract|contract/\w+\.md")
ADR = ROOT / "docs" / "adr"
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


def test_code_cites_pages_and_sections_that_are_there():
    def breaches(path):
        text = path.read_text(encoding="utf-8")
        for match in CITED.finditer(text):
            page = ROOT / match[1]
            headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M) if page.exists() else []
            if not headings or (match[2] and match[2] not in headings):
                yield f":{_line(text, match)} cites {match[0]}"
        for match in ABSENT.finditer(text):
            yield f":{_line(text, match)} cites {match[0]}, which is not in the repository"

    require(modules(*PYTHON), breaches)


def test_relative_links_lead_somewhere():
    def breaches(path):
        text = CODE.sub(lambda code: "\n" * code[0].count("\n"), path.read_text(encoding="utf-8"))
        for match in LINK.finditer(text):
            target = match[1] or match[2]
            is_inside = not target.startswith(OUTSIDE)
            if is_inside and not (path.parent / target.partition("#")[0]).exists():
                yield f":{_line(text, match)} links to {target}"

    require([p for room in ("", *ROOMS) for p in texts(room) if p.suffix == ".md"], breaches)


def _sections(page):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_to_a_section_of_a_page_lead_to_one():
    def breaches(path):
        text = CODE.sub(lambda code: "\n" * code[0].count("\n"), path.read_text(encoding="utf-8"))
        for match in LINK.finditer(text):
            name, _, section = (match[1] or match[2]).partition("#")
            page = path.parent / name if name else path
            is_ours = section and not name.startswith(OUTSIDE) and page.suffix == ".md"
            if is_ours and section not in _sections(page):
                yield f":{_line(text, match)} links to {name}#{section}"

    require([p for room in ("", "docs") for p in texts(room) if p.suffix == ".md"], breaches)


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


def _decisions():
    return sorted(path for path in ADR.glob("*.md") if path.name != "README.md")


def test_decisions_are_numbered_without_gaps():
    names = [path.name for path in _decisions()]
    assert names
    assert all(re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", name) for name in names)
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


def test_decision_has_its_number_and_title_as_the_index_lists_it():
    titles = [path.read_text(encoding="utf-8").partition("\n")[0] for path in _decisions()]
    index = re.findall(r"^\| (\d+) \| \[(.+)\]\((.+)\) \|$", (ADR / "README.md").read_text(), re.M)
    assert [f"# {number}. {title}" for number, title, _ in index] == titles
    assert [target for _, _, target in index] == [path.name for path in _decisions()]


def test_link_to_a_decision_names_its_number():
    def breaches(path):
        text = path.read_text(encoding="utf-8")
        for match in ADR_LINK.finditer(text):
            if int(match[1]) != int(match[2]):
                yield f":{_line(text, match)} calls {match[2]} ADR {match[1]}"

    require([path for path in texts("docs") if path.suffix == ".md"], breaches)
