"""Authentication: CRON_SECRET or, if it is not set, an Airflow user who may trigger the DAG.

Only the Authorization header counts. A browser does not send it across origins on its own.
Therefore a login cookie alone gives no access, and requests cannot be forged.
"""

import hmac
import logging
import os
from collections.abc import Sequence
from hashlib import sha256

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from qcontact_sync.on_airflow.endpoint.answers import Refusal
from qcontact_sync.on_airflow.endpoint.throttle import FailedAttempts

log = logging.getLogger(__name__)

SECRET = "CRON_SECRET"  # noqa: S105 a variable's name
SECRET_HOLDER = "cron"  # noqa: S105 who the run says it was started by
_LONGEST = 4096


class Door:
    """Authenticates callers, and limits failed attempts."""

    def __init__(self) -> None:
        self._failed = FailedAttempts()

    async def admit(self, request: Request, dag_id: str) -> str:
        """The caller's name.

        Args:
            dag_id: What an Airflow user must be allowed to trigger.

        Raises:
            Refusal: 401, or 403 where the user is known and may not trigger the DAG; 429 after
                too many of these.
        """
        token, secrets = _bearer(request), _secrets()
        try:
            if token is None:
                raise _unauthorized()
            if secrets:
                return _holder(token, secrets)
            return await _airflow_user(token, dag_id)
        except Refusal as refusal:
            self._slow_down(request, refusal.status)
            raise

    def _slow_down(self, request: Request, status: int) -> None:
        address = request.client.host if request.client else "unknown"
        wait_s = self._failed.note(address)
        if wait_s is not None:
            raise Refusal(
                429, "TOO_MANY_ATTEMPTS", "too many failed attempts", {"Retry-After": str(wait_s)}
            )
        log.warning("endpoint.refused address=%s status=%d", address, status)


def _bearer(request: Request) -> bytes | None:
    """The one bearer token, as sent: a secret may hold any characters."""
    values = [value for name, value in request.headers.raw if name.lower() == b"authorization"]
    if len(values) != 1 or len(values[0]) > _LONGEST:
        return None
    scheme, _, token = values[0].partition(b" ")
    return token.strip() if scheme.lower() == b"bearer" else None


def _secrets() -> list[bytes]:
    """The valid secrets: several during a rotation."""
    given = os.environ.get(SECRET, "").split(",")
    return [secret.strip().encode() for secret in given if secret.strip()]


def _holder(token: bytes, secrets: Sequence[bytes]) -> str:
    # Compares all digests: the time then reveals nothing about a secret, not even its length.
    sent = sha256(token).digest()
    matches = [hmac.compare_digest(sent, sha256(secret).digest()) for secret in secrets]
    if not any(matches):
        raise _unauthorized()
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
