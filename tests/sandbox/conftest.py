"""One sandbox per test, on a real socket."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from sandbox.running import run_sandbox
from tests.sandbox.case_client import CaseClient
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


@pytest.fixture
def start_tenant(start: Callable[..., Client]) -> Callable[..., CaseClient]:
    """Start a sandbox that speaks the entities dialect, with a client that is signed in."""

    def start_one(**options: Any) -> CaseClient:
        client = CaseClient(start(dialect="entities", **options).sandbox)
        client.headers = client.sign_in().tokens
        return client

    return start_one


@pytest.fixture
def tenant(start_tenant: Callable[..., CaseClient]) -> CaseClient:
    return start_tenant()
