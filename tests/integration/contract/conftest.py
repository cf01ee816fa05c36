from collections.abc import AsyncIterator

import pytest

from tests.integration.contract.two_sides import InMemory, Sides, real_sides


@pytest.fixture(params=["in memory", "real"])
async def sides(request: pytest.FixtureRequest) -> AsyncIterator[Sides]:
    if request.param == "in memory":
        yield InMemory()
        return
    async with real_sides(request.getfixturevalue("world")) as real:
        yield real
