"""Errors by what the run does next, each under the code that people look it up by."""

from datetime import timedelta

import pytest
from qcontact_sync.core.errors import (
    Contention,
    ErrorCode,
    FatalError,
    LeaseLost,
    NeedsConfirmation,
    NotApplied,
    OutcomeUnknown,
    PageRefused,
    ReadTooOld,
    RemoteMoved,
    RetryableError,
    RowLocked,
    SyncError,
    TicketError,
)


@pytest.mark.parametrize(
    ("kind", "given", "group", "code"),
    [
        (LeaseLost, (), RetryableError, "CONFLICT"),
        (RemoteMoved, (), RetryableError, "CONFLICT"),
        (ReadTooOld, (), RetryableError, "RATE_LIMITED"),
        (Contention, ("lost", ErrorCode.DATABASE_ERROR), RetryableError, "DATABASE_ERROR"),
        (OutcomeUnknown, ("lost", ErrorCode.TIMEOUT), RetryableError, "TIMEOUT"),
        (RowLocked, (), TicketError, "DATABASE_ERROR"),
        (NotApplied, ("status",), TicketError, "CONFLICT"),
        (PageRefused, ("deep", ErrorCode.VALIDATION_ERROR), FatalError, "VALIDATION_ERROR"),
        (NeedsConfirmation, (7, 5), FatalError, "NEEDS_CONFIRMATION"),
        (SyncError, ("broken",), SyncError, "SYNC_JOB_ERROR"),
    ],
)
def test_an_error_has_its_group_and_code(kind, given, group, code):
    error = kind(*given)
    assert isinstance(error, group)
    assert error.code == code
    assert " " in str(error) or str(error) in given


def test_time_alone_helps_a_locked_row_and_no_other_ticket():
    assert RowLocked().is_passing
    assert not NotApplied("status").is_passing


def test_an_error_says_what_a_person_has_to_know():
    assert "status, assigned_to" in str(NotApplied("status, assigned_to"))
    held = str(NeedsConfirmation(7, 5))
    assert "7 outbound" in held
    assert "the 5 that" in held
    assert "confirm_outbound" in held


def test_what_the_other_side_said_comes_along():
    asked = RetryableError("slow", ErrorCode.RATE_LIMITED, retry_after=timedelta(seconds=9))
    refused = TicketError("bad", ErrorCode.VALIDATION_ERROR, field="status")
    assert (str(asked), asked.retry_after) == ("slow", timedelta(seconds=9))
    assert (str(refused), refused.field) == ("bad", "status")
