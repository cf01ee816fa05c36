"""One sandbox per test, on a real socket."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from sandbox.running import run_sandbox
from tests.sandbox.sandbox_client import Client


@pytest.fixture
def start() -> Iterator[Callable[..., Client]]:
    """Start a sandbox with the switches that a test names; it stops with the test."""
    with ExitStack() as running:

        def start_one(**options: Any) -> Client:
            return Client(running.enter_context(run_sandbox(**{"tickets": 30, **options})))

        yield start_one


@pytest.fixture
def client(start: Callable[..., Client]) -> Client:
    return start()
