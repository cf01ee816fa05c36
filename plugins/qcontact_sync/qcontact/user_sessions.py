"""Who is signed in to QContact in this process: tokens as they are renewed and rotated; no I/O.

The tokens of one user are shared by all clients of the process, one event loop after another:
the server keeps a few sessions a user and drops the oldest, so that every needless sign-in may
sign a person out. Event loops that run at the same time in several threads may sign in once each.
"""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from pydantic import SecretStr

from qcontact_sync.core.errors import ConfigError, ErrorCode, FatalError, RetryableError, SyncError

REFUSED_FOR_S = 30.0
"""A refused sign-in is not tried again for this time."""


@dataclass(eq=False, slots=True)
class Tokens:
    """One version of a session's tokens.

    Attributes:
        sign_in: Number of the sign-in that they go back to.
        serial: Grows with each rotation.
        is_proven: The server has accepted them, or gave them out in exchange for ones it accepted.
    """

    access_token: SecretStr
    client: SecretStr
    uid: SecretStr
    sign_in: int = 0
    serial: int = 0
    is_proven: bool = False

    def headers(self) -> dict[str, str]:
        """The headers of a request, in plain text."""
        return {
            "access-token": self.access_token.get_secret_value(),
            "client": self.client.get_secret_value(),
            "uid": self.uid.get_secret_value(),
        }


@dataclass(frozen=True, slots=True)
class SessionOwner:
    """The user whose session it is; equal ones share it.

    Attributes:
        password: None where there is a ready token, which is never signed out.
        ca_file: For the sign-out at the end.
    """

    url: str
    email: SecretStr
    password: SecretStr | None = None
    access_token: SecretStr | None = None
    client: SecretStr | None = None
    ca_file: str | None = None

    def ready_tokens(self) -> Tokens | None:
        """The tokens of the connection, where it has them."""
        if self.access_token is None or self.client is None:
            return None
        return Tokens(self.access_token, self.client, self.email)


def checked_owner(
    base: str,
    email: str | SecretStr,
    password: SecretStr | None,
    token: SecretStr | None,
    client: str | SecretStr | None,
    ca_file: str | None,
) -> SessionOwner:
    """The user that these values name.

    Raises:
        ConfigError: One is missing or cannot be in a header.
    """
    user = _tidied(email)
    if not is_header_text(user.get_secret_value()):
        raise ConfigError(
            "QCONTACT_EMAIL (the connection's login) is empty or cannot be in a header"
        )
    if token is not None and client is not None:
        token, client = _tidied(token), _tidied(client)
        if not all(is_header_text(text.get_secret_value()) for text in (token, client)):
            raise ConfigError(
                "QCONTACT_ACCESS_TOKEN (the connection's password) or QCONTACT_CLIENT (its field "
                "client) is empty or cannot be in a header"
            )
        return SessionOwner(base, user, access_token=token, client=client, ca_file=ca_file)
    if password is None or not _is_text(password.get_secret_value()):
        raise ConfigError(
            "QCONTACT_PASSWORD (the connection's password) is empty or no text; a ready "
            "token needs both QCONTACT_ACCESS_TOKEN and QCONTACT_CLIENT"
        )
    return SessionOwner(base, user, password=password, ca_file=ca_file)


def _is_text(text: str) -> bool:
    """Whether it is anything, and can be sent: bytes that are no UTF-8 can't."""
    try:
        return bool(text.encode())
    except UnicodeEncodeError:
        return False


def _tidied(text: str | SecretStr) -> SecretStr:
    return SecretStr((text if isinstance(text, str) else text.get_secret_value()).strip())


class UserSession:
    """The state of one user's session.

    Attributes:
        attempts: How many sign-ins have ended, well or not.
    """

    def __init__(self, owner: SessionOwner) -> None:
        self.owner = owner
        self.attempts = 0
        self.current: Tokens | None = None
        self._spare: Tokens | None = None
        self._failure: SyncError | None = None
        self._refused_at: float | None = None
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = (
            WeakKeyDictionary()
        )

    def lock(self) -> asyncio.Lock:
        """The lock for signing in, of the running event loop."""
        return self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())

    def signed_in(self, tokens: Tokens) -> None:
        """Tokens of a new sign-in hold from now on."""
        self.attempts += 1
        tokens.sign_in = self.attempts
        self.current, self._spare = tokens, None
        self._failure = self._refused_at = None

    def failed(self, error: SyncError, now: float) -> None:
        """A sign-in failed; ``now`` is monotonic."""
        self.attempts += 1
        self.current = self._spare = None
        # A copy: the error itself keeps everything that the request used in memory.
        self._failure = _copied(error)
        self._refused_at = now if isinstance(error, FatalError) else None

    def failure(self) -> SyncError:
        """The last failure, for one more request: an error is raised once."""
        return _copied(self._failure or refused_credentials(is_ready=False))

    def require_hope(self, attempts_before: int, now: float) -> None:
        """Keep from signing in where it is known to fail.

        Args:
            attempts_before: What ``attempts`` was when this request began to wait.

        Raises:
            SyncError: As another request just found out, or a sign-in was refused a moment ago.
        """
        was_refused = self._refused_at is not None and now - self._refused_at < REFUSED_FOR_S
        if self._failure is not None and (was_refused or self.attempts != attempts_before):
            raise self.failure()

    def answered(self, sent: Tokens, headers: Mapping[str, str]) -> None:
        """Follow an answer to a request with these tokens: it may bring the next ones.

        Of requests sent together each may bring new ones, and answers may overtake one another:
        tokens hold if they were given out for the newest. What came too late for that is kept for
        when the newest are refused.
        """
        sent.is_proven = True
        newest = self.current
        if newest is None or sent.sign_in != newest.sign_in:
            return
        following = _following(sent, headers)
        if following is None:
            return
        if sent is newest:
            self.current, self._spare = following, None
        elif following.serial == newest.serial and not _is_same(following, newest):
            self._spare = following

    def has_other_than(self, refused: Tokens) -> bool:
        """Whether there are tokens that the server has not refused yet."""
        if self.current is refused:
            self.current, self._spare = self._spare, None
        return self.current is not None


def _following(sent: Tokens, headers: Mapping[str, str]) -> Tokens | None:
    """The next tokens, or None where the answer brings none."""
    token = headers.get("access-token", "").strip()
    if not is_header_text(token) or token == sent.access_token.get_secret_value():
        return None
    client = headers.get("client", "").strip()
    return Tokens(
        SecretStr(token),
        SecretStr(client) if is_header_text(client) else sent.client,
        sent.uid,
        sent.sign_in,
        sent.serial + 1,
        is_proven=True,
    )


def _is_same(one: Tokens, other: Tokens) -> bool:
    return one.access_token == other.access_token and one.client == other.client


def is_header_text(text: str) -> bool:
    """Whether it can be sent back in a header, and is anything at all."""
    return bool(text) and text.isascii() and text.isprintable()


def _copied(error: SyncError) -> SyncError:
    if isinstance(error, RetryableError):
        return RetryableError(str(error), error.code, retry_after=error.retry_after)
    return FatalError(str(error), error.code)


_sessions: dict[tuple[int, SessionOwner], UserSession] = {}


def session_of(owner: SessionOwner) -> UserSession:
    """The user's session in this process; a forked process has its own."""
    return _sessions.setdefault((os.getpid(), owner), UserSession(owner))


def own_sessions() -> list[UserSession]:
    """All sessions that this process itself has."""
    return [session for (pid, _), session in _sessions.items() if pid == os.getpid()]


def refused_credentials(*, is_ready: bool) -> FatalError:
    """What to say where QContact refuses who we are."""
    what = (
        "the ready token (QCONTACT_EMAIL, QCONTACT_ACCESS_TOKEN, QCONTACT_CLIENT; in the "
        "connection login, password and client): get a new one"
        if is_ready
        else "the user or the password (QCONTACT_EMAIL, QCONTACT_PASSWORD; in the connection "
        "login and password): correct them"
    )
    return FatalError(f"QContact refuses {what}", ErrorCode.AUTHENTICATION_ERROR)
