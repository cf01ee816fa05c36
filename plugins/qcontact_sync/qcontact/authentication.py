"""How requests are authenticated: the seam between transport and dialects."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from pydantic import SecretStr

from qcontact_sync.core.errors import ErrorCode
from qcontact_sync.qcontact.calls import Call
from qcontact_sync.qcontact.failures import AttemptError, FailedAttempt

Send = Callable[[Call[Any]], Awaitable[Any]]
"""Sends a call without credentials, with retries; raises `SyncError`."""


class RequestCredentials(Protocol):
    """What one request is sent with; its ``repr`` shows nothing secret."""

    def headers(self) -> dict[str, str]:
        """The headers, in plain text: for the request alone."""
        ...


class NotSignedIn(Exception):
    """There are no credentials at the moment: another request is getting new ones."""


class CredentialsRefused(AttemptError):
    """A 401 answered a request with these credentials."""

    def __init__(self, sent: RequestCredentials) -> None:
        super().__init__(FailedAttempt(ErrorCode.AUTHENTICATION_ERROR, "401"))
        self.sent = sent


class Authentication(Protocol):
    """Gives out credentials and follows what becomes of them."""

    async def prepare(self, send: Send) -> None:
        """Make sure that there are credentials; called before a request takes its slot.

        Raises:
            SyncError: There are none to be had.
        """
        ...

    def credentials(self) -> RequestCredentials:
        """The newest, for a request that is sent at once.

        Raises:
            NotSignedIn: Prepare again.
        """
        ...

    def answered(self, sent: RequestCredentials, headers: Mapping[str, str]) -> None:
        """An answer other than 401 came to a request with these credentials."""
        ...

    def has_other_than(self, refused: RequestCredentials) -> bool:
        """Whether others have taken the place of these, which were answered with a 401."""
        ...

    async def renew(self, refused: RequestCredentials, send: Send) -> bool:
        """Get other credentials after a 401, where there are none yet.

        Returns:
            Whether the request may be sent again.

        Raises:
            SyncError: There are none to be had.
        """
        ...


class FixedKey:
    """One header that never changes.

    Args:
        authorization: Its value; empty for no header at all.
    """

    def __init__(self, authorization: SecretStr) -> None:
        self._authorization = authorization

    async def prepare(self, send: Send) -> None:
        """Does nothing: a fixed key needs no sign-in."""

    def credentials(self) -> "FixedKey":
        """The key itself: it is the same for every request."""
        return self

    def headers(self) -> dict[str, str]:
        """The ``Authorization`` header, or none without a value."""
        value = self._authorization.get_secret_value()
        return {"Authorization": value} if value else {}

    def answered(self, sent: RequestCredentials, headers: Mapping[str, str]) -> None:
        """Does nothing: answers bring no newer key."""

    def has_other_than(self, refused: RequestCredentials) -> bool:
        """There is no other key."""
        return False

    async def renew(self, refused: RequestCredentials, send: Send) -> bool:
        """There is no way to get one."""
        return False
