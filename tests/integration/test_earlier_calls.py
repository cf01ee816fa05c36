"""Calls that the release before documented still work, each with a warning."""

import importlib
import warnings
from types import ModuleType
from typing import Any

import pytest
from pydantic import SecretStr
from qcontact_sync.jobs import get_last_sync_job_run, get_sync_job_history, run_sync_job

from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


def imported(name: str) -> ModuleType:
    with warnings.catch_warnings(action="ignore"):
        return importlib.import_module(name)


@pytest.fixture
def endpoints(world: World) -> Any:
    """Both sides in one, as they were passed then."""
    made = imported("qcontact_sync.settings").Endpoints
    return made(SecretStr(world.database), world.sandbox.url, SecretStr(world.sandbox.api_key))


def test_a_run_and_the_history_take_both_sides_in_one(world: World, endpoints: Any) -> None:
    world.add_ticket()

    with pytest.warns(DeprecationWarning, match="pass fibreflow and qcontact"):
        result = run_sync_job(endpoints=endpoints, settings=world.settings)
    with pytest.warns(DeprecationWarning, match="pass fibreflow and qcontact"):
        (row,) = get_sync_job_history(endpoints=endpoints)
    with pytest.warns(DeprecationWarning, match="pass fibreflow and qcontact"):
        assert get_last_sync_job_run(endpoints=endpoints) == row

    assert (result.status, row.id) == ("success", result.job_id)


def test_the_environment_still_gives_both_sides_in_one(
    world: World, endpoints: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", world.database)
    monkeypatch.setenv("QCONTACT_API_URL", world.sandbox.url)
    monkeypatch.setenv("QCONTACT_API_KEY", world.sandbox.api_key)

    assert imported("qcontact_sync.settings").endpoints_from_env() == endpoints


def test_a_review_takes_both_sides_in_one(world: World, endpoints: Any) -> None:
    review = imported("qcontact_sync.review")
    ticket = world.add_ticket()
    world.run()

    assert review.get_status(endpoints, world.settings).is_healthy
    assert review.explain_ticket(endpoints, world.settings, ticket).fields
    assert review.list_failures(endpoints) == []
    assert review.list_conflicts(endpoints) == []
    for decide in (review.retry_failures, review.dismiss_failures):
        with pytest.raises(review.UnknownId):
            decide(endpoints, "none")
    with pytest.raises(review.UnknownId):
        review.resolve_conflict(endpoints, world.settings, "none", "local")
