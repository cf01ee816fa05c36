"""Every mail and every error code has its section in the runbook: mails link there."""

import re

import pytest
from qcontact_sync.core.errors import ErrorCode
from qcontact_sync.reporting.alerts import Rule

from tests.architecture.repository import ROOT

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
HEADINGS = set(re.findall(r"^### (\S+)$", RUNBOOK, re.MULTILINE))


@pytest.mark.parametrize("anchor", [*(rule.value for rule in Rule), "no-database"])
def test_every_mail_has_its_section(anchor):
    assert anchor in HEADINGS


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_error_code_has_its_section(code):
    assert code.value in HEADINGS


def test_every_section_about_an_error_code_has_its_code():
    _, _, rest = RUNBOOK.partition("\n## Error codes\n")
    sections = re.findall(r"^### (\S+)$", rest.partition("\n## ")[0], re.MULTILINE)
    assert sorted(sections) == sorted(code.value for code in ErrorCode)
