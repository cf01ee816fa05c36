"""The end of a log, readable: Airflow writes its tasks' logs as JSON lines."""

import json
from pathlib import Path
from typing import Any

LINES = 25
FOLD = "group::"  # marks what the UI folds away


def tail(log: Path, lines: int = LINES) -> list[str]:
    """Return the last lines of ``log``; none if the file does not exist."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return []
    readable = (_readable(line) for line in text.splitlines())
    return [line for line in readable if FOLD not in line][-lines:]


def _readable(line: str) -> str:
    try:
        entry = json.loads(line)
        event = entry["event"]
    except (ValueError, TypeError, KeyError):
        return line
    return f"{entry.get('level', ''):8}{event}{_causes(entry)}"


def _causes(entry: dict[str, Any]) -> str:
    causes = entry.get("error_detail") or []
    return "".join(f"\n        {cause['exc_type']}: {cause['exc_value']}" for cause in causes)
