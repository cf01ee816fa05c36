"""Every mail and every error code has its section in the runbook: mails link there."""

import re

import pytest
from qcontact_sync.core.errors import ErrorCode
from qcontact_sync.reporting.alerts import Rule

from tests.architecture.repository import ROOT

HEADINGS = set(re.findall(r"^### (\S+)$", (ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE))


@pytest.mark.parametrize("anchor", [*(rule.value for rule in Rule), "no-database"])
def test_every_mail_has_its_section(anchor):
    assert anchor in HEADINGS


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_error_code_has_its_section(code):
    assert code.value in HEADINGS
