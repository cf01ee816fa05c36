"""What Airflow writes into a task's log when the task fails."""

import io
from collections.abc import Iterator

import pytest
import structlog
from qcontact_sync.core.errors import ErrorCode, FatalError
from qcontact_sync.on_airflow.plain_failures import RunFailed, log_without_trace

import tests.private_airflow  # noqa: F401  before Airflow


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a logger that was made beforehand writes, as Airflow's own is."""
    lines = io.StringIO()
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.processors.ExceptionRenderer(), structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(lines),
    )
    yield lines
    structlog.configure(**before)


def logged(error: Exception) -> None:
    log = structlog.get_logger("task").bind()
    log_without_trace()
    log_without_trace()
    try:
        raise error  # noqa: TRY301
    except Exception:
        log.exception("Task failed with exception")


def test_an_expected_failure_is_one_line_with_its_reason(written: io.StringIO) -> None:
    logged(RunFailed("the run failed: SERVER_ERROR"))
    logged(FatalError("no such key", ErrorCode.AUTHENTICATION_ERROR))
    assert written.getvalue().splitlines() == [
        '{"event": "Task failed: the run failed: SERVER_ERROR"}',
        '{"event": "Task failed: no such key"}',
    ]


def test_any_other_failure_keeps_its_trace(written: io.StringIO) -> None:
    logged(ZeroDivisionError("a defect"))
    assert "Traceback" in written.getvalue()
