"""Rights of users, security headers, and protection against forged requests."""

from typing import Annotated
from urllib.parse import urlsplit

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from airflow.configuration import conf
from fastapi import Depends, Form, HTTPException, Request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qcontact_sync.config.accounts import DEFAULT, Account, configured_accounts

TOKEN_LIFE_S = 3600
_HEADERS = {
    # Only the dashboard's own files; only Airflow's UI may frame the page.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: browsers would then send "Origin: null" with the forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def account_of(request: Request) -> Account:
    """The account of the requested page.

    Raises:
        HTTPException: 404, unknown account.
        ConfigError: The accounts file cannot be used.
    """
    accounts = configured_accounts()
    name = request.path_params.get("account")
    if (name or DEFAULT) in accounts:
        return accounts[name or DEFAULT]
    raise HTTPException(404, "No account has this name." if name else "Select an account.")


def user_name(request: Request) -> str:
    """The name of the user whose request passed `may_read`."""
    user: BaseUser = request.state.dashboard_user
    return user.get_name()


def _may_read(request: Request, user: GetUserDep) -> None:
    request.state.dashboard_user = user
    request.state.accounts = _readable(user)
    dag_id = account_of(request).dag_id
    requires_access_dag(method="GET", param_dag_id=dag_id)(request, user)


def _readable(user: BaseUser) -> list[str]:
    """The accounts that a user may select."""
    accounts = configured_accounts()
    ids = {account.dag_id for account in accounts.values()}
    allowed = get_auth_manager().filter_authorized_dag_ids(dag_ids=ids, user=user)
    return [name for name, account in accounts.items() if account.dag_id in allowed]


may_read = Depends(_may_read)


def _may_act(request: Request, user: GetUserDep) -> bool:
    """Whether the user may start runs; this right also allows decisions."""
    return get_auth_manager().is_authorized_dag(
        method="POST",
        access_entity=DagAccessEntity.RUN,
        details=DagDetails(id=account_of(request).dag_id),
        user=user,
    )


MayAct = Annotated[bool, Depends(_may_act)]


def issue_token(user: BaseUser, account: Account, purpose: str) -> str:
    """The token of a form: valid for one user, account and purpose, for one hour."""
    return _serializer().dumps([user.get_id(), account.name, purpose])


def _serializer() -> URLSafeTimedSerializer:
    # Airflow's own secret: the same in every process of the API server.
    key = conf.get_mandatory_value("api", "secret_key")
    return URLSafeTimedSerializer(key, salt="qcontact-sync-dashboard")


def check_form(
    request: Request, user: GetUserDep, may_act: MayAct, token: Annotated[str, Form()] = ""
) -> None:
    """Refuse requests that this user did not send from a page of the dashboard.

    Raises:
        HTTPException: 403, with a reason for the user.
    """
    if not may_act:
        raise HTTPException(
            403, "You may view this page, but you need the right to start runs for this action."
        )
    if not _is_own_origin(request):
        raise HTTPException(403, "This request did not come from the dashboard.")
    try:
        signed = _serializer().loads(token, max_age=TOKEN_LIFE_S)
    except BadSignature:
        signed = None
    purpose = request.url.path.removeprefix(request.scope["root_path"])
    if signed != [user.get_id(), account_of(request).name, purpose]:
        raise HTTPException(
            403, "This form has expired or belongs to another user. Go back and open it again."
        )


def _is_own_origin(request: Request) -> bool:
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = request.headers.get("origin", "")
    # Behind a proxy, the Host header may differ from the browser's.
    public = urlsplit(conf.get("api", "base_url", fallback=""))
    ours = {request.headers.get("host"), public.netloc}
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and parts.netloc in ours


class SecureHeaders:
    """Adds the security headers to every answer; no cache may store a page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on and complete the answer."""

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, complete)
