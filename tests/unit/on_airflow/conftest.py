"""Connections as Airflow reads them from the environment."""

import json
from collections.abc import Callable, Mapping

import pytest

import tests.private_airflow  # noqa: F401

QCONTACT = {"conn_type": "qcontact", "host": "https://api.example.test", "password": "key-12345"}
FIBREFLOW = {"conn_type": "postgres", "host": "db.example.test", "schema": "fibreflow"}

Define = Callable[[str, Mapping[str, object]], None]


@pytest.fixture
def define(monkeypatch: pytest.MonkeyPatch) -> Define:
    """Define a connection by its id."""

    def define_one(conn_id: str, fields: Mapping[str, object]) -> None:
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(fields))

    return define_one


@pytest.fixture
def both_sides(define: Define) -> None:
    define("qcontact_default", QCONTACT)
    define("fibreflow_default", FIBREFLOW)
