"""Authentication: CRON_SECRET or, if it is not set, an Airflow user who may trigger the DAG.

Only the Authorization header counts. A browser does not send it across origins on its own.
Therefore a login cookie alone gives no access, and requests cannot be forged.
"""

import asyncio
import hmac
import logging
from collections.abc import Sequence
from hashlib import sha256
from ipaddress import ip_address
from math import ceil

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from qcontact_sync.config.cron_secret import cron_secrets, weakness
from qcontact_sync.core.errors import ConfigError
from qcontact_sync.on_airflow.endpoint.answers import Refusal
from qcontact_sync.on_airflow.endpoint.throttle import FailedAttempts, Throttled

log = logging.getLogger(__name__)

SECRET_HOLDER = "cron"  # noqa: S105 who the run says it was started by
_LONGEST = 4096


class CallerAuth:
    """Authenticates callers, and limits failed attempts."""

    def __init__(self) -> None:
        self._failed = FailedAttempts()
        self._reported: str | None = None

    async def admit(self, request: Request, dag_id: str) -> str:
        """The caller's name.

        Args:
            dag_id: What an Airflow user must be allowed to trigger.

        Raises:
            Refusal: 401, or 403 where the user is known and may not trigger the DAG; 429 after
                too many of these; 500 where CRON_SECRET cannot be used.
        """
        token, secrets = _bearer(request), await self._secrets()
        try:
            if token is None:
                raise _unauthorized()
            if secrets:
                return _holder(token, secrets, _address(request))
            return await _airflow_user(token, dag_id)
        except Refusal as refusal:
            self._slow_down(_address(request), refusal.status)
            raise

    async def _secrets(self) -> Sequence[str]:
        """The valid secrets; a problem with them is logged once."""
        try:
            secrets = await run_in_threadpool(cron_secrets)
        except ConfigError as error:
            self._report(logging.ERROR, str(error))
            # Until this is corrected, neither the secret nor Airflow's tokens are accepted.
            message = "CRON_SECRET is invalid; see the API server's log"
            raise Refusal(500, "CRON_JOB_ERROR", message) from None
        self._report(logging.WARNING, weakness(secrets))
        return secrets

    def _report(self, level: int, problem: str | None) -> None:
        if problem is not None and problem != self._reported:
            log.log(level, "endpoint.secret %s", problem)
        self._reported = problem

    def _slow_down(self, address: str, status: int) -> None:
        throttled = self._failed.note(address)
        if throttled is None:
            log.warning("endpoint.refused address=%s status=%d", address, status)
            return
        _log_throttling(throttled, address)
        wait = {"Retry-After": str(ceil(throttled.wait_s))}
        raise Refusal(429, "TOO_MANY_ATTEMPTS", "too many failed attempts", wait)


def _log_throttling(throttled: Throttled, address: str) -> None:
    for name, wait_s in throttled.began:
        log.warning(
            "endpoint.throttling_began for=%s wait_s=%.0f last_address=%s", name, wait_s, address
        )
        asyncio.get_running_loop().call_later(
            wait_s, log.warning, "endpoint.throttling_ended for=%s", name
        )


def _address(request: Request) -> str:
    """The caller's address; "unknown" if it is invalid, such as free text from a proxy's header."""
    try:
        return str(ip_address(request.client.host)) if request.client else "unknown"
    except ValueError:
        return "unknown"


def _bearer(request: Request) -> bytes | None:
    """The one bearer token, as sent: a secret may hold any characters."""
    values = [value for name, value in request.headers.raw if name.lower() == b"authorization"]
    if len(values) != 1 or len(values[0]) > _LONGEST:
        return None
    scheme, _, token = values[0].partition(b" ")
    return token.strip() if scheme.lower() == b"bearer" else None


def _holder(token: bytes, secrets: Sequence[str], address: str) -> str:
    # Compares all digests: the time then reveals nothing about a secret, not even its length.
    sent = sha256(token).digest()
    known = [sha256(secret.encode("utf-8", "surrogateescape")).digest() for secret in secrets]
    matches = [hmac.compare_digest(sent, digest) for digest in known]
    if not any(matches):
        raise _unauthorized()
    # Its number shows when the old secret is no longer used.
    place = matches.index(True) + 1
    log.info("endpoint.admitted address=%s by=CRON_SECRET number=%d", address, place)
    return SECRET_HOLDER


async def _airflow_user(token: bytes, dag_id: str) -> str:
    from airflow.api_fastapi.app import get_auth_manager
    from jwt import InvalidTokenError

    try:
        user = await get_auth_manager().get_user_from_token(token.decode("ascii"))
    except (InvalidTokenError, UnicodeDecodeError):
        raise _unauthorized() from None
    if not await run_in_threadpool(_may_trigger, user, dag_id):
        raise Refusal(403, "FORBIDDEN", f"this user may not trigger the DAG {dag_id}")
    return user.get_name()


def _may_trigger(user: object, dag_id: str) -> bool:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import (
        DagAccessEntity,
        DagDetails,
    )
    from airflow.models import DagModel

    details = DagDetails(id=dag_id, team_name=DagModel.get_team_name(dag_id))
    return get_auth_manager().is_authorized_dag(
        method="POST", access_entity=DagAccessEntity.RUN, details=details, user=user
    )


def _unauthorized() -> Refusal:
    return Refusal(
        401,
        "UNAUTHORIZED",
        "send the secret as Authorization: Bearer ...",
        {"WWW-Authenticate": "Bearer"},
    )
