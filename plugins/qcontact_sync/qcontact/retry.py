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

from qcontact_sync.qcontact.failures import AttemptError, FailedAttempt, is_worth_repeating
from qcontact_sync.qcontact.pace import Pace, Sleep

log = logging.getLogger(__name__)


def retrying(
    *, retries: int, backoff_s: float, is_write: bool, pace: Pace, sleep: Sleep, label: str
) -> AsyncRetrying:
    """Repeat an attempt that raises `AttemptError` while that is safe, useful and paid for.

    Args:
        backoff_s: The first wait; each further one is twice as long. Jitter comes on top.
        label: Call and request id, for the log.
    """
    return AsyncRetrying(
        retry=retry_if_exception_type(AttemptError),
        wait=_wait(backoff_s),
        stop=_stop(retries, is_write, pace),
        before_sleep=_logged(label),
        sleep=sleep,
        reraise=True,
    )


def _wait(backoff_s: float) -> Callable[[RetryCallState], float]:
    backoff = wait_exponential(multiplier=backoff_s) + wait_random(0, backoff_s / 2)

    def wait_s(state: RetryCallState) -> float:
        # A pause holds the next attempt as it holds every other request.
        return backoff(state) if _failure(state).pause_s is None else 0.0

    return wait_s


def _stop(retries: int, is_write: bool, pace: Pace) -> Callable[[RetryCallState], bool]:
    def is_over(state: RetryCallState) -> bool:
        failure = _failure(state)
        wait_s, attempts = state.upcoming_sleep, state.attempt_number
        if failure.pause_s is not None:
            # A request is not to blame for being the one over the limit: pauses end when none
            # of them helps any request, or with the budget.
            wait_s, attempts = failure.pause_s, pace.fruitless_pauses
        may_repeat = is_worth_repeating(
            failure, is_write=is_write, attempts=attempts, retries=retries
        )
        # Asking the budget charges it, so it is asked last.
        return not (may_repeat and pace.budget.grant(wait_s, is_asked=failure.is_pause_asked))

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
            state.upcoming_sleep if failure.pause_s is None else failure.pause_s,
        )

    return log_retry


def _failure(state: RetryCallState) -> FailedAttempt:
    error = state.outcome.exception() if state.outcome is not None else None
    if not isinstance(error, AttemptError):
        raise TypeError(f"{type(error).__name__} is not retried")
    return error.failure
