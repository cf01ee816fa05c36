"""The meaning of each error, and what to do about it: by its code, or more exactly by its kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from qcontact_sync.core.errors import ErrorCode, ReadTimedOut, RunActive, SyncError


@dataclass(frozen=True, slots=True)
class Advice:
    """Meaning and remedy of a code.

    Attributes:
        access: What to do if a test of the connection to QContact ends with this code; ``{url}``
            and ``{key}`` are placeholders for the settings of address and key.
    """

    meaning: str
    remedy: str
    access: str | None = None


ADVICE: Mapping[ErrorCode, Advice] = MappingProxyType(
    {
        ErrorCode.VALIDATION_ERROR: Advice(
            "a param or a ticket value is invalid",
            "correct the param or the ticket that the message names",
        ),
        ErrorCode.AUTHENTICATION_ERROR: Advice(
            "QContact does not accept the credentials",
            "put a valid key into the QContact connection (dialect entities: a valid password); "
            "the next run processes what was missed",
            "check {key}",
        ),
        ErrorCode.AUTHORIZATION_ERROR: Advice(
            "the account may not do this",
            "ask QContact for the right, or set QCONTACT_SYNC_DIRECTION=inbound",
            "ask QContact for an account that may read tickets",
        ),
        ErrorCode.NOT_FOUND: Advice(
            "the ticket no longer exists in QContact",
            "nothing if it was deleted; retry if it exists again",
            "check the path of {url}, and the dialect",
        ),
        ErrorCode.CONFLICT: Advice(
            "another program changed the ticket at the same time",
            "nothing: later runs retry",
        ),
        ErrorCode.RATE_LIMITED: Advice(
            "QContact asked for fewer requests",
            "nothing if it is temporary; otherwise lower QCONTACT_SYNC_RATE_PER_S",
            "nothing: address and key are right; QContact asks to wait",
        ),
        ErrorCode.SERVER_ERROR: Advice(
            "QContact reported an internal error",
            "nothing if it is temporary; otherwise ask QContact's support",
            "try again later: QContact reports an internal error",
        ),
        ErrorCode.NETWORK_ERROR: Advice(
            "QContact could not be reached",
            "check network, proxy and the connection's base URL if it is not temporary",
            "check {url}, and whether this machine may connect to it",
        ),
        ErrorCode.TIMEOUT: Advice(
            "QContact did not answer in time",
            "nothing if it is temporary; otherwise ask QContact's support",
            "check {url}, and whether this machine may connect to it",
        ),
        ErrorCode.PARSE_ERROR: Advice(
            "QContact sent an unreadable answer",
            "check the ticket in QContact; if many tickets fail, check base URL and dialect",
            "check {url} and the dialect: the server there is not QContact's API",
        ),
        ErrorCode.DATABASE_ERROR: Advice(
            "FibreFlow's database was not available, or refused a row",
            "check the database; if the message names a constraint, correct FibreFlow's row",
        ),
        ErrorCode.CONFIG_ERROR: Advice(
            "a connection or a setting is missing or wrong",
            "correct the setting that the message names, under Admin > Connections or in the "
            "environment",
            "correct {url} or {key}",
        ),
        ErrorCode.NEEDS_CONFIRMATION: Advice(
            "more changes are pending than are sent without confirmation; none was sent",
            "check a dry run, then start a run with Confirm outbound",
        ),
        ErrorCode.ABANDONED: Advice(
            "the run's process ended before it recorded a result",
            "nothing: the next run continues from there; see the run's log if it happens again",
        ),
        ErrorCode.SYNC_JOB_ERROR: Advice(
            "the run failed",
            "read the ERROR line in the run's log",
        ),
        ErrorCode.UNKNOWN_ERROR: Advice(
            "an unexpected error occurred",
            "read the run's log, and report the error",
        ),
    }
)


_OF_KINDS: Mapping[type[SyncError], Advice] = MappingProxyType(
    {
        # Runs never meet these two: only a person's request does, and no later run repeats it.
        RunActive: Advice(
            "a run is active",
            "wait until the run has ended, then decide again; no run does it for you",
        ),
        ReadTimedOut: Advice(
            "the request took too long",
            "try again; if it happens again, check FibreFlow's database and the way to it",
        ),
    }
)


def advice_of(error: SyncError) -> Advice:
    """What an error means here and now; its code alone may mean several things."""
    return _OF_KINDS.get(type(error), ADVICE[error.code])


def advice_for(code: str | None) -> tuple[str, str]:
    """Meaning and remedy of a code; two empty texts if the code is unknown."""
    if code not in set(ErrorCode):
        return "", ""
    advice = ADVICE[ErrorCode(code)]
    return advice.meaning, advice.remedy


def access_advice(code: ErrorCode, *, url: str, key: str) -> str | None:
    """What to do if a test of QContact's address and key ended with a code.

    Args:
        url, key: Names of the settings, as the user knows them.
    """
    access = ADVICE[code].access
    return access.format(url=url, key=key) if access else None
