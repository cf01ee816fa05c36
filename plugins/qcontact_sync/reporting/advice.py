"""What the codes on record mean to a person, and what to do about each."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from qcontact_sync.core.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class Advice:
    """What is known about a code.

    Attributes:
        access: What to do where QContact was asked only to see whether it answers; ``{url}`` and
            ``{key}`` stand for where address and key are set.
    """

    meaning: str
    remedy: str
    access: str | None = None


ADVICE: Mapping[ErrorCode, Advice] = MappingProxyType(
    {
        ErrorCode.VALIDATION_ERROR: Advice(
            "something was given that cannot be right",
            "correct what the message names: a param of the run, or the ticket in QContact",
        ),
        ErrorCode.AUTHENTICATION_ERROR: Advice(
            "QContact does not accept the credentials",
            "put a valid key into the QContact connection (dialect entities: a valid password); "
            "the next run makes up for it",
            "check {key}",
        ),
        ErrorCode.AUTHORIZATION_ERROR: Advice(
            "the account may not do this",
            "ask QContact for the right, or set QCONTACT_SYNC_DIRECTION=inbound",
            "ask QContact for an account that may read tickets",
        ),
        ErrorCode.NOT_FOUND: Advice(
            "QContact does not have the ticket any more",
            "nothing, if it was deleted there; retry if it is back",
            "check the path of {url}, and the dialect",
        ),
        ErrorCode.CONFLICT: Advice(
            "somebody else was writing the same thing",
            "nothing: later runs try again",
        ),
        ErrorCode.RATE_LIMITED: Advice(
            "QContact asked to be called less often",
            "nothing, if it passes; else lower QCONTACT_SYNC_RATE_PER_S",
            "nothing: QContact asks to wait, address and key are right",
        ),
        ErrorCode.SERVER_ERROR: Advice(
            "QContact answered that it is in trouble",
            "nothing, if it passes; else ask QContact's support",
            "try again later: QContact is in trouble",
        ),
        ErrorCode.NETWORK_ERROR: Advice(
            "QContact could not be reached",
            "check network, proxy and the connection's base URL if it does not pass",
            "check {url}, and whether this machine may connect to it",
        ),
        ErrorCode.TIMEOUT: Advice(
            "QContact did not answer in time",
            "nothing, if it passes; else ask QContact's support",
            "check {url}, and whether this machine may connect to it",
        ),
        ErrorCode.PARSE_ERROR: Advice(
            "QContact answered something that cannot be read",
            "look at the ticket in QContact; if it is many, check base URL and dialect",
            "check {url} and the dialect: something else answers there",
        ),
        ErrorCode.DATABASE_ERROR: Advice(
            "FibreFlow's database was not there, or refused a row",
            "check the database; where a constraint is named, FibreFlow's row needs a correction",
        ),
        ErrorCode.CONFIG_ERROR: Advice(
            "a connection or a setting is missing or wrong",
            "correct what the message names, under Admin > Connections or in the environment",
            "correct {url} or {key}",
        ),
        ErrorCode.NEEDS_CONFIRMATION: Advice(
            "unusually many changes wait to go out, so nothing was sent",
            "look at a dry run, then start a run with Confirm outbound",
        ),
        ErrorCode.ABANDONED: Advice(
            "the run's process ended without a word",
            "nothing: the next run goes on where it stopped; see its log if it happens again",
        ),
        ErrorCode.SYNC_JOB_ERROR: Advice(
            "the run broke",
            "read the ERROR line in the run's log",
        ),
        ErrorCode.UNKNOWN_ERROR: Advice(
            "something happened that nobody foresaw",
            "read the run's log, and report it",
        ),
    }
)


def advice_for(code: str | None) -> tuple[str, str]:
    """What a code means and what to do; two empty texts where it is not one of ours."""
    if code not in set(ErrorCode):
        return "", ""
    advice = ADVICE[ErrorCode(code)]
    return advice.meaning, advice.remedy


def access_advice(code: ErrorCode, *, url: str, key: str) -> str | None:
    """What to do where a test of QContact's address and key ended with a code.

    Args:
        url, key: Where they are set, for a person.
    """
    access = ADVICE[code].access
    return access.format(url=url, key=key) if access else None
