"""Each side as fake and as real thing, in the dialects that a module is about (``DIALECTS``)."""

from collections.abc import AsyncIterator

import pytest

from tests.fakes.fake_qcontact import FakeQContact
from tests.fakes.fake_tenant import FakeTenant
from tests.integration.contract.leased_run import ACCOUNT, Run, open_run
from tests.integration.contract.two_sides import InMemory, Sides, real_sides

FAKES = {"tickets": FakeQContact, "entities": FakeTenant}
REAL = {"tickets": "world", "entities": "tenant"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "sides" not in metafunc.fixturenames:
        return
    dialects = metafunc.module.DIALECTS
    pairs = [(dialect, place) for dialect in dialects for place in ("in memory", "real")]
    metafunc.parametrize("sides", pairs, ids=", ".join, indirect=True)


@pytest.fixture
async def sides(request: pytest.FixtureRequest) -> AsyncIterator[Sides]:
    dialect, place = request.param
    if place == "in memory":
        yield InMemory(FAKES[dialect])
        return
    async with real_sides(request.getfixturevalue(REAL[dialect])) as real:
        yield real


@pytest.fixture
async def run(sides: Sides) -> Run:
    key, _ = await open_run(sides)
    return Run(sides, key.job_id, await sides.ports.leases.take(ACCOUNT, "one"))
