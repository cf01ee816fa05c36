"""Writes docs/openapi.json, the description of the HTTP endpoint: python -m dev.pages.openapi."""

import json
from pathlib import Path

from qcontact_sync.on_airflow.endpoint.app import create_app

from dev.state import PROJECT

DOCUMENT: Path = PROJECT / "docs" / "openapi.json"


def described() -> str:
    """The document as text, made of the routes as they are."""
    return json.dumps(create_app().openapi(), indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(described())
