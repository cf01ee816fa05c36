import pytest
from qcontact_sync.core.errors import ErrorCode, ReadTimedOut, RemoteMoved, RunActive
from qcontact_sync.reporting.advice import ADVICE, advice_for, advice_of


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_has_a_meaning_and_an_advice(code):
    assert all(advice_for(code))


@pytest.mark.parametrize("code", ["ECONNRESET", "", None])
def test_a_code_of_the_earlier_job_has_none(code):
    assert advice_for(code) == ("", "")


def test_a_persons_request_has_advice_of_its_own_and_no_run_is_said_to_repeat_it():
    assert "decide again" in advice_of(RunActive()).remedy
    assert "FibreFlow" in advice_of(ReadTimedOut(20)).remedy


def test_any_other_error_has_the_advice_of_its_code():
    assert advice_of(RemoteMoved()) is ADVICE[ErrorCode.CONFLICT]
