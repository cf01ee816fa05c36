"""When and how long to wait before a request is sent once more (tenacity)."""

import logging
from collections.abc import Callable

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    wait_exponential,
    wait_random,
)

from qcontact_sync.qcontact.failures import AttemptFailed, Failure, is_worth_repeating
from qcontact_sync.qcontact.pace import Sleep, WaitBudget

log = logging.getLogger(__name__)


def retrying(
    *,
    retries: int,
    backoff_s: float,
    is_write: bool,
    budget: WaitBudget,
    sleep: Sleep,
    label: str,
) -> AsyncRetrying:
    """Repeat an attempt that raises `AttemptFailed` while that is safe, useful and paid for.

    Args:
        backoff_s: The first wait; each further one is twice as long. Jitter comes on top.
        label: Call and request id, for the log.
    """
    return AsyncRetrying(
        retry=retry_if_exception_type(AttemptFailed),
        wait=_wait(backoff_s),
        stop=_stop(retries, is_write, budget),
        before_sleep=_logged(label),
        sleep=sleep,
        reraise=True,
    )


def _wait(backoff_s: float) -> Callable[[RetryCallState], float]:
    exponential = wait_exponential(multiplier=backoff_s)
    jitter = wait_random(0, backoff_s / 2)

    def wait_s(state: RetryCallState) -> float:
        pause_s = _failure(state).pause_s
        return (exponential(state) if pause_s is None else pause_s) + jitter(state)

    return wait_s


def _stop(retries: int, is_write: bool, budget: WaitBudget) -> Callable[[RetryCallState], bool]:
    def is_over(state: RetryCallState) -> bool:
        failure = _failure(state)
        may_repeat = is_worth_repeating(
            failure, is_write=is_write, attempts=state.attempt_number, retries=retries
        )
        # Asking the budget charges it, so it is asked last.
        return not (
            may_repeat and budget.grant(state.upcoming_sleep, is_asked=failure.is_pause_asked)
        )

    return is_over


def _logged(label: str) -> Callable[[RetryCallState], None]:
    def log_retry(state: RetryCallState) -> None:
        failure = _failure(state)
        log.info(
            "qcontact.retry %s code=%s detail=%s attempt=%d wait_s=%.1f",
            label,
            failure.code,
            failure.detail,
            state.attempt_number,
            state.upcoming_sleep,
        )

    return log_retry


def _failure(state: RetryCallState) -> Failure:
    error = state.outcome.exception() if state.outcome is not None else None
    if not isinstance(error, AttemptFailed):
        raise TypeError(f"{type(error).__name__} is not retried")
    return error.failure
