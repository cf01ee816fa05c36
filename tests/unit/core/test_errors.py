"""Errors by what the run does next, each under the code that people look it up by."""

from datetime import timedelta

import pytest
from qcontact_sync.core.errors import (
    Contention,
    ErrorCode,
    FatalError,
    LeaseBusy,
    LeaseLost,
    NeedsConfirmation,
    NotApplied,
    OutcomeUnknown,
    PageRefused,
    ReadTimedOut,
    ReadTooOld,
    RemoteMoved,
    RetryableError,
    RowLocked,
    RunActive,
    SyncError,
    TicketError,
)


@pytest.mark.parametrize(
    ("kind", "given", "group", "code", "says"),
    [
        (LeaseBusy, (), RetryableError, "CONFLICT", "another run is active"),
        (LeaseLost, (), RetryableError, "CONFLICT",
         "another run took over the account's lease; this one stopped"),
        (RemoteMoved, (), RetryableError, "CONFLICT",
         "QContact's ticket changed repeatedly during the write"),
        (ReadTooOld, (), RetryableError, "RATE_LIMITED",
         "QContact delayed each attempt of a write too long"),
        (RunActive, (), RetryableError, "CONFLICT", "a run is active: decide again after its end"),
        (ReadTimedOut, (20.0,), RetryableError, "TIMEOUT", "no answer within 20 seconds"),
        (Contention, ("lost", ErrorCode.DATABASE_ERROR), RetryableError, "DATABASE_ERROR", "lost"),
        (OutcomeUnknown, ("lost", ErrorCode.TIMEOUT), RetryableError, "TIMEOUT", "lost"),
        (RowLocked, (), TicketError, "DATABASE_ERROR",
         "FibreFlow's row is locked by another transaction"),
        (NotApplied, ("status, assigned_to",), TicketError, "CONFLICT",
         "QContact accepted the change of status, assigned_to but did not apply it"),
        (PageRefused, ("deep", ErrorCode.VALIDATION_ERROR), FatalError, "VALIDATION_ERROR", "deep"),
        (NeedsConfirmation, (7, 5), FatalError, "NEEDS_CONFIRMATION",
         "7 outbound changes are pending, more than the limit of 5 without confirmation; "
         "check them with a dry run, then run again with confirm_outbound"),
        (SyncError, ("broken",), SyncError, "SYNC_JOB_ERROR", "broken"),
    ],
)  # fmt: skip
def test_an_error_has_its_group_and_code_and_says_why(kind, given, group, code, says):
    error = kind(*given)
    assert isinstance(error, group)
    assert (error.code, str(error)) == (code, says)


def test_time_alone_helps_a_locked_row_and_no_other_ticket():
    assert RowLocked().is_passing
    assert not NotApplied("status").is_passing


def test_what_the_other_side_said_comes_along():
    asked = RetryableError("slow", ErrorCode.RATE_LIMITED, retry_after=timedelta(seconds=9))
    refused = TicketError("bad", ErrorCode.VALIDATION_ERROR, field="status")
    assert (str(asked), asked.retry_after) == ("slow", timedelta(seconds=9))
    assert (str(refused), refused.field) == ("bad", "status")
