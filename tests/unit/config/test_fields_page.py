"""docs/fields.md is what the rules are."""

from dev.pages.fields import PAGE, described


def test_the_page_is_current():
    """`python -m dev.pages.fields` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == described()


def test_the_page_answers_why_escalated_shows_as_in_progress():
    rows = [line for line in described().splitlines() if line.startswith("| Escalated |")]
    assert rows
    assert all("| in_progress |" in row and "QContact keeps Escalated" in row for row in rows)
