"""What the codes on record mean to a person, and what to do about each."""

from collections.abc import Mapping
from types import MappingProxyType

from qcontact_sync.core.errors import ErrorCode

ADVICE: Mapping[ErrorCode, tuple[str, str]] = MappingProxyType(
    {
        ErrorCode.VALIDATION_ERROR: (
            "something was given that cannot be right",
            "correct what the message names: a param of the run, or the ticket in QContact",
        ),
        ErrorCode.AUTHENTICATION_ERROR: (
            "QContact does not accept the API key",
            "put a valid key into the QContact connection; the next run makes up for it",
        ),
        ErrorCode.AUTHORIZATION_ERROR: (
            "the API key may not do this",
            "ask QContact for the right, or set QCONTACT_SYNC_DIRECTION=inbound",
        ),
        ErrorCode.NOT_FOUND: (
            "QContact does not have the ticket any more",
            "nothing, if it was deleted there; retry if it is back",
        ),
        ErrorCode.CONFLICT: (
            "somebody else was writing the same thing",
            "nothing: later runs try again",
        ),
        ErrorCode.RATE_LIMITED: (
            "QContact asked to be called less often",
            "nothing, if it passes; else lower QCONTACT_SYNC_RATE_PER_S",
        ),
        ErrorCode.SERVER_ERROR: (
            "QContact answered that it is in trouble",
            "nothing, if it passes; else ask QContact's support",
        ),
        ErrorCode.NETWORK_ERROR: (
            "QContact could not be reached",
            "check network, proxy and the connection's base URL if it does not pass",
        ),
        ErrorCode.TIMEOUT: (
            "QContact did not answer in time",
            "nothing, if it passes; else ask QContact's support",
        ),
        ErrorCode.PARSE_ERROR: (
            "QContact answered something that cannot be read",
            "look at the ticket in QContact; if it is many, check base URL and dialect",
        ),
        ErrorCode.DATABASE_ERROR: (
            "FibreFlow's database was not there, or refused a row",
            "check the database; where a constraint is named, FibreFlow's row needs a correction",
        ),
        ErrorCode.CONFIG_ERROR: (
            "a connection or a setting is missing or wrong",
            "correct what the message names, under Admin > Connections or in the environment",
        ),
        ErrorCode.NEEDS_CONFIRMATION: (
            "unusually many changes wait to go out, so nothing was sent",
            "look at a dry run, then start a run with Confirm outbound",
        ),
        ErrorCode.ABANDONED: (
            "the run's process ended without a word",
            "nothing: the next run goes on where it stopped; see its log if it happens again",
        ),
        ErrorCode.SYNC_JOB_ERROR: (
            "the run broke",
            "read the ERROR line in the run's log",
        ),
        ErrorCode.UNKNOWN_ERROR: (
            "something happened that nobody foresaw",
            "read the run's log, and report it",
        ),
    }
)


def advice_for(code: str | None) -> tuple[str, str]:
    """What a code means and what to do; two empty texts where it is not one of ours."""
    return ADVICE[ErrorCode(code)] if code in set(ErrorCode) else ("", "")
