"""Sessions as the Ruby gem devise_token_auth keeps them: a token for each signed-in client."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.instants import SECOND
from sandbox.switches import Switches


@dataclass(slots=True)
class Session:
    """Times are microseconds since 1970."""

    client: str
    token: str
    expires: int
    touched: int  # last sign-in, rotation, or answer within a batch
    previous: str = ""  # the token before the last rotation; good until the batch is over


class Sessions:
    """All sessions of the one user. Not locked: its owner does that.

    Args:
        now: the server's clock in microseconds since 1970.
        switches: the switches as they stand now.
    """

    def __init__(
        self, email: str, password: str, now: Callable[[], int], switches: Callable[[], Switches]
    ) -> None:
        self.email = email
        self.password = password
        self.live: dict[str, Session] = {}
        self._now = now
        self._switches = switches

    def accepts(self, email: object, password: object) -> bool:
        same_user = isinstance(email, str) and email.strip().casefold() == self.email.casefold()
        return same_user and password == self.password

    def open(self) -> Session:
        """Sign in; where there are too many sessions, the ones that expire first are dropped."""
        now = self._now()
        session = Session(secrets.token_urlsafe(16), secrets.token_urlsafe(16), 0, now)
        session.expires = self._expiry(now)
        self.live[session.client] = session
        while len(self.live) > self._switches().session_limit:
            oldest = min(self.live.values(), key=lambda s: (s.expires, s is session))
            del self.live[oldest.client]
        return session

    def find(self, uid: str | None, client: str | None, token: str | None) -> Session | None:
        """The session that these request headers belong to, where it is good."""
        session = self.live.get(client or "")
        if session is None or not token or (uid or "").casefold() != self.email.casefold():
            return None
        if session.expires <= self._now():
            return None
        reused = token == session.previous and self._in_batch(session)
        return session if token == session.token or reused else None

    def close(self, session: Session) -> None:
        self.live.pop(session.client, None)

    def headers(self, session: Session) -> dict[str, str]:
        return {
            "access-token": session.token,
            "client": session.client,
            "uid": self.email,
            "expiry": str(session.expires // SECOND),
        }

    def answer_headers(self, session: Session) -> dict[str, str]:
        """What an answer to a signed-in request carries; may give the session a new token."""
        switches = self._switches()
        if switches.rotation == "none" or session.client not in self.live:
            return {}
        if switches.rotation == "same":
            return self.headers(session)
        if self._in_batch(session):
            session.touched = self._now()
            headers = {**self.headers(session), "access-token": " ", "expiry": " "}
            return headers if switches.batch_answer == "empty" else {}
        self._rotate(session)
        return self.headers(session)

    def _rotate(self, session: Session) -> None:
        session.previous, session.token = session.token, secrets.token_urlsafe(16)
        session.touched = self._now()
        session.expires = self._expiry(session.touched)

    def _in_batch(self, session: Session) -> bool:
        return self._now() - session.touched < self._switches().batch_window_s * SECOND

    def _expiry(self, now: int) -> int:
        return now + int(self._switches().token_life_s * SECOND)
