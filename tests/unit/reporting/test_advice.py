import pytest
from qcontact_sync.core.errors import ErrorCode
from qcontact_sync.reporting.advice import advice_for


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_has_a_meaning_and_an_advice(code):
    assert all(advice_for(code))


@pytest.mark.parametrize("code", ["ECONNRESET", "", None])
def test_a_code_of_the_earlier_job_has_none(code):
    assert advice_for(code) == ("", "")
