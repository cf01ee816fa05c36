"""The pages use the glossary's words; names in code spans and blocks keep their spelling."""

import re

from tests.architecture.repository import ROOT, require

PAGES = sorted(
    page
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if page.name != "licences.md"
)
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
# What earlier pages said, and what the glossary and a plain manual say instead.
INSTEAD = {
    "somebody": "a user, or the passive voice without an agent",
    "nobody": "a statement without an agent",
    "whoever": "the program or user that does it",
    "unasked": "without confirmation",
    "moved apart": "changed on both sides",
    "needs you": "open conflict (needs a decision)",
    "waits for a person": "needs a decision",
}


def test_pages_use_plain_words():
    def breaches(page):
        prose = " ".join(CODE.sub("", page.read_text(encoding="utf-8")).lower().split())
        found = [word for word in INSTEAD if re.search(rf"\b{word}\b", prose)]
        return [f" says {word!r}; write {INSTEAD[word]}" for word in found]

    require(PAGES, breaches)
