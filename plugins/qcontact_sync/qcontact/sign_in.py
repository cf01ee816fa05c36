"""Sign-in with e-mail and password, or with a ready token (docs/sandbox.md, "Sign-in").

One sign-in a process and user; renewed once for all requests that meet a 401; signed out when
the process ends.
"""

import atexit
import logging
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

import msgspec
from pydantic import SecretStr

from qcontact_sync.core.errors import ErrorCode, FatalError, SyncError
from qcontact_sync.core.ports import Clock
from qcontact_sync.qcontact.authentication import NotSignedIn, RequestCredentials, Send
from qcontact_sync.qcontact.calls import Answer, Call
from qcontact_sync.qcontact.json_bodies import UnexpectedBody, untyped
from qcontact_sync.qcontact.user_sessions import (
    SessionOwner,
    Tokens,
    UserSession,
    is_header_text,
    own_sessions,
    refused_credentials,
    session_of,
)

log = logging.getLogger(__name__)

SIGN_IN = "POST /api/v2/auth/sign_in"
SIGN_OUT_PATH = "/api/v2/auth/sign_out"
SIGN_OUT_TIMEOUT_S = 3.0
_REFUSALS = frozenset(
    {ErrorCode.AUTHENTICATION_ERROR, ErrorCode.AUTHORIZATION_ERROR, ErrorCode.VALIDATION_ERROR}
)
_NAMES = ("access-token", "client", "uid")


class SignIn:
    """`authentication.Authentication` of one client; its tokens are those of the process."""

    def __init__(self, owner: SessionOwner, clock: Clock) -> None:
        self._session: UserSession = session_of(owner)
        self._clock = clock

    async def prepare(self, send: Send) -> None:
        """Sign in where nothing is signed in."""
        if self._session.current is None:
            await self._sign_in(send)

    def credentials(self) -> Tokens:
        """The newest tokens."""
        if self._session.current is None:
            raise NotSignedIn
        return self._session.current

    def answered(self, sent: RequestCredentials, headers: Mapping[str, str]) -> None:
        """Follow the tokens that an answer brings."""
        if isinstance(sent, Tokens):
            self._session.answered(sent, headers)

    def has_other_than(self, refused: RequestCredentials) -> bool:
        """Whether another request got tokens meanwhile, or some were kept."""
        return isinstance(refused, Tokens) and self._session.has_other_than(refused)

    async def renew(self, refused: RequestCredentials, send: Send) -> bool:
        """Tokens of a new sign-in."""
        session = self._session
        if not isinstance(refused, Tokens):
            return False
        is_fresh = not refused.is_proven
        if session.owner.password is None or (is_fresh and refused.sign_in == session.attempts):
            # Signing in again would be answered the same way, for ever.
            raise self._refused()
        await self._sign_in(send)
        return True

    async def _sign_in(self, send: Send) -> None:
        session = self._session
        attempts = session.attempts
        async with session.lock():
            if session.current is not None:
                return
            session.require_hope(attempts, self._clock.monotonic())
            ready = session.owner.ready_tokens()
            try:
                tokens = ready or await send(_sign_in_call(session.owner))
            except SyncError as error:
                session.failed(_explained(error), self._clock.monotonic())
                raise session.failure() from error
            session.signed_in(tokens)
        # Here and not on import: Airflow forgets what was registered before a task's process began.
        atexit.unregister(sign_out_all)
        atexit.register(sign_out_all)
        log.info("qcontact.signed_in")

    def _refused(self) -> SyncError:
        owner = self._session.owner
        error = refused_credentials(is_ready=owner.password is None)
        self._session.failed(error, self._clock.monotonic())
        return self._session.failure()


def _sign_in_call(owner: SessionOwner) -> Call[Tokens]:
    password = owner.password or SecretStr("")
    return Call(
        "POST",
        SIGN_IN,
        SIGN_IN.partition(" ")[2],
        lambda answer: _read_tokens(answer, owner.email),
        body=msgspec.json.encode(
            {
                "email": owner.email.get_secret_value(),
                "password": password.get_secret_value(),
            }
        ),
        is_about_ticket=False,
        is_sign_in=True,
    )


def _read_tokens(answer: Answer, email: SecretStr) -> Tokens:
    """Tokens from the headers, or from the body under the same names.

    Raises:
        UnexpectedBody: Neither has them.
    """
    found = _texts(answer.headers)
    if "access-token" not in found:
        body = untyped(answer.body)
        found = _texts(body) if isinstance(body, dict) else {}
        if "access-token" not in found and isinstance(body, dict):
            found = _texts(body.get("data"))
    if "access-token" not in found or "client" not in found:
        raise UnexpectedBody("a sign-in without tokens")
    uid = found.get("uid", email.get_secret_value())
    return Tokens(SecretStr(found["access-token"]), SecretStr(found["client"]), SecretStr(uid))


def _texts(source: Any) -> dict[str, str]:
    if not isinstance(source, Mapping):
        return {}
    texts = {name: source.get(name) for name in _NAMES}
    return {
        name: text.strip()
        for name, text in texts.items()
        if isinstance(text, str) and is_header_text(text.strip())
    }


def _explained(error: SyncError) -> SyncError:
    """The error with what a person can do about it."""
    if not isinstance(error, FatalError):
        return error
    if error.code in _REFUSALS:
        return refused_credentials(is_ready=False)
    if error.code is ErrorCode.NOT_FOUND:
        return FatalError(
            "there is no sign-in at QCONTACT_API_URL (the connection's host): it must be the "
            "tenant's address, such as https://TENANT.qcontact.com",
            ErrorCode.NOT_FOUND,
        )
    return error


def sign_out_all() -> None:
    """Sign out what this process signed in; best effort, for the end of a process."""
    for session in own_sessions():
        tokens, session.current = session.current, None
        if tokens is not None and session.owner.password is not None:
            _sign_out(session.owner, tokens)


def _sign_out(owner: SessionOwner, tokens: Tokens) -> None:
    # Not by asyncio: at the end of an interpreter, no thread can be started to look up a name.
    request = urllib.request.Request(  # noqa: S310 - the client has checked the scheme
        owner.url + SIGN_OUT_PATH, headers=tokens.headers(), method="DELETE"
    )
    try:
        context = ssl.create_default_context() if owner.url.startswith("https:") else None
        if context is not None and owner.ca_file is not None:
            context.load_verify_locations(owner.ca_file)
        with urllib.request.urlopen(  # noqa: S310
            request, timeout=SIGN_OUT_TIMEOUT_S, context=context
        ):
            log.debug("qcontact.signed_out")
    except (OSError, ValueError) as error:
        log.debug("qcontact.sign_out_failed detail=%s", type(error).__name__)
