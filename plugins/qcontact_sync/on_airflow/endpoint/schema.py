"""The shapes of requests and answers, for the OpenAPI document; tests hold the answers to them."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, create_model

from qcontact_sync.config.accounts import ACCOUNT_NAME
from qcontact_sync.core.params import RUN_PARAMS, ParamKind, SyncDirection
from qcontact_sync.core.request import MOMENT, TICKET_ID
from qcontact_sync.on_airflow.endpoint.request_parsing import (
    DEFAULT_WAIT_S,
    IDEMPOTENCY_KEY,
    LONGEST_WAIT_S,
)


def _whole(pattern: str) -> str:
    """A pattern that JSON Schema, which searches, holds against the whole text."""
    return f"^{pattern}$"


_MOMENT = Field(
    description="ISO 8601; without a zone it is UTC.",
    json_schema_extra={"examples": ["2026-11-23T06:00:00Z"]},
)
_TICKET_ID = Annotated[str, Field(pattern=_whole(TICKET_ID))] | int
_MOMENTS = [{"format": "date-time"}, {"pattern": _whole(MOMENT)}]
Moment = Annotated[str, Field(json_schema_extra={"anyOf": _MOMENTS})]


_TYPES: dict[ParamKind, Any] = {
    ParamKind.DIRECTION: SyncDirection | None,
    ParamKind.MOMENT: Annotated[Moment | None, _MOMENT],
    ParamKind.IDS: list[_TICKET_ID] | None,
    ParamKind.SWITCH: bool | None,
}
_FIELDS: dict[str, Any] = {param.name: (_TYPES[param.kind], None) for param in RUN_PARAMS}
Params = create_model(
    "Params",
    __config__=ConfigDict(extra="forbid"),
    __doc__="The params of the run; the same as the DAG's.",
    **_FIELDS,
)


class Meta(BaseModel):
    """When the answer was made, and how long that took."""

    timestamp: AwareDatetime
    execution_time_ms: Annotated[float, Field(ge=0)]


class Outbound(BaseModel):
    """Tickets from FibreFlow to QContact, by outcome."""

    processed: int
    successful: int
    failed: int
    skipped: int


class Inbound(Outbound):
    """Tickets from QContact to FibreFlow, by outcome; the successful ones also by action."""

    created: int
    updated: int


class Summary(BaseModel):
    """Tickets of both directions together, and of each one."""

    total_processed: int
    total_success: int
    total_failed: int
    success_rate: Annotated[float, Field(ge=0, le=1)] | None
    inbound: Inbound
    outbound: Outbound


class Window(BaseModel):
    """The period that the run covers; a null start means from the beginning."""

    start: AwareDatetime | None
    end: AwareDatetime


class Run(BaseModel):
    """The state of a run; null means not known yet."""

    job_id: Annotated[str, Field(json_schema_extra={"format": "uuid"})]
    status: Literal["queued", "running", "success", "partial", "failed"]
    started_at: AwareDatetime | None
    completed_at: AwareDatetime | None
    duration_seconds: float | None
    window: Window | None
    summary: Summary | None
    error_message: str | None
    error_code: str | None
    plan: Annotated[dict[str, Any] | None, Field(description="The plan of a dry run.")] = None


class RunAnswer(BaseModel):
    """The answer to a trigger, and to a question about a run."""

    success: Literal[True]
    data: Run
    message: str
    meta: Meta


class Verdict(BaseModel):
    """Only whether the sync is healthy."""

    is_healthy: bool


class HealthAnswer(BaseModel):
    """Whether the sync is healthy."""

    success: Literal[True]
    data: Verdict
    message: str
    meta: Meta


class Problem(BaseModel):
    """Why the request was refused or failed: a fixed code, and a sentence for people."""

    code: str
    message: str
    details: None


class ErrorAnswer(BaseModel):
    """A refused or failed request."""

    success: Literal[False]
    error: Problem
    meta: Meta


ACCOUNT = {
    "name": "account",
    "in": "query",
    "description": "The name of an account, if there are several. Default: the account `default`; "
    "for the health, all accounts.",
    "schema": {"type": "string", "pattern": _whole(ACCOUNT_NAME)},
}

BODY = {
    "requestBody": {
        "required": False,
        "content": {"application/json": {"schema": Params.model_json_schema()}},
    },
    "parameters": [
        ACCOUNT,
        {
            "name": "Prefer",
            "in": "header",
            "description": f"`wait=N`: wait up to N seconds for the run's end, at most "
            f"{LONGEST_WAIT_S:g} (default: {DEFAULT_WAIT_S:g}). `respond-async`: do not wait.",
            "schema": {"type": "string"},
            "example": "respond-async",
        },
        {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "The same key always gives the same run.",
            "schema": {"type": "string", "pattern": _whole(IDEMPOTENCY_KEY)},
        },
    ],
}


def refused(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declare these answers, each in the envelope of failures."""
    return {status: {"model": ErrorAnswer} for status in statuses}
