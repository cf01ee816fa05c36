"""Strict parsing of a request: its body, and its Prefer and Idempotency-Key headers."""

import re
from email.message import Message

import msgspec
from starlette.requests import Request

from qcontact_sync.config.accounts import DEFAULT, Account, configured_accounts
from qcontact_sync.core.errors import ConfigError
from qcontact_sync.core.request import ParamError, RunRequest, parse_request
from qcontact_sync.core.windows import Trigger, resolve_window
from qcontact_sync.on_airflow.endpoint.answers import Refusal
from qcontact_sync.services.wiring import SystemClock

LARGEST_BODY = 64 * 1024
DEFAULT_WAIT_S = 25.0
LONGEST_WAIT_S = 600.0
IDEMPOTENCY_KEY = r"[!-~]([ -~]{0,253}[!-~])?"
"""The whole header, as a pattern of Python's and of JSON Schema's."""


def read_account(request: Request) -> str | None:
    """The name of the requested account, or None."""
    return request.query_params.get("account")


def account_named(name: str | None) -> Account | Refusal:
    """The account; blocking, because it reads the file. Refusals: 422, unknown; 500, no file."""
    try:
        accounts = configured_accounts()
    except ConfigError as error:
        return Refusal(500, "CRON_JOB_ERROR", str(error))
    wanted = DEFAULT if name is None else name
    if wanted not in accounts:
        names = ", ".join(accounts)
        return Refusal(422, "VALIDATION_ERROR", f"account must be one of: {names}")
    return accounts[wanted]


async def read_request(request: Request) -> RunRequest:
    """The run's params, as strict as the run itself reads them; no body means no params.

    Raises:
        Refusal: 400, 413, 415: an invalid body; 422: invalid params.
    """
    params = _decoded(request, await _body(request))
    try:
        wanted = parse_request(params)
        # Like the run itself: dates with an empty window start no run.
        resolve_window(Trigger.MANUAL, wanted, None, None, SystemClock().now())
    except ParamError as error:
        raise Refusal(422, error.code, str(error)) from None
    return wanted


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Refusal(413, "PAYLOAD_TOO_LARGE", f"a body has at most {LARGEST_BODY} bytes")
    return bytes(body)


def _decoded(request: Request, body: bytes) -> dict[str, object]:
    if not body:
        return {}
    _require_json(request)
    try:
        params = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Not chained and not shown: the reason could contain parts of the request.
        raise Refusal(400, "MALFORMED_BODY", "the body is not JSON in UTF-8") from None
    if not isinstance(params, dict):
        raise Refusal(422, "VALIDATION_ERROR", "the body is not a JSON object of params")
    return params


def _require_json(request: Request) -> None:
    content = Message()
    content["content-type"] = request.headers.get("content-type", "")
    charset = content.get_content_charset("utf-8")
    encoding = request.headers.get("content-encoding", "identity")
    if (content.get_content_type(), charset, encoding) != ("application/json", "utf-8", "identity"):
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "send the body as application/json in UTF-8")


def read_wait(request: Request) -> float:
    """Seconds that the caller wants to wait (RFC 7240); an unreadable header is ignored."""
    wishes = [
        wish.strip().lower()
        for line in request.headers.getlist("prefer")
        for wish in re.split("[,;]", line)
    ]
    for wish in wishes:
        if found := re.fullmatch(r'wait\s*=\s*"?(\d{1,9})"?', wish):
            return min(float(found[1]), LONGEST_WAIT_S)
    return 0.0 if "respond-async" in wishes else DEFAULT_WAIT_S


def read_key(request: Request) -> str | None:
    """The Idempotency-Key, if there is one.

    Raises:
        Refusal: 400: several keys, or an invalid one.
    """
    keys = request.headers.getlist("idempotency-key")
    if not keys:
        return None
    if len(keys) > 1 or not re.fullmatch(IDEMPOTENCY_KEY, keys[0]):
        raise Refusal(
            400,
            "BAD_IDEMPOTENCY_KEY",
            "an Idempotency-Key is one header of 1 to 255 printable ASCII characters",
        )
    return keys[0]
