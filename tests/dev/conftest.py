"""Both sides of the demo for a test: a copy of a state that is made once."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sandbox.running import Sandbox, run_sandbox
from sandbox.switches import DialectName
from tests.copies import Copies
from tests.dev.stages import Kept, Stage, Stages, stage_on


@pytest.fixture(scope="session")
def stages(
    copies: Copies, template_db: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stages]:
    with ExitStack() as made:
        yield Stages(copies, template_db, tmp_path_factory.mktemp("stages"), made)


@pytest.fixture(params=["tickets", "entities"])
def dialect(request: pytest.FixtureRequest) -> DialectName:
    named: DialectName = request.param
    return named


@pytest.fixture
def kept(stages: Stages, dialect: DialectName) -> Kept:
    """The state that the test begins with: both sides in agreement."""
    return stages.in_agreement(dialect)


@pytest.fixture
def qcontact(kept: Kept) -> Iterator[Sandbox]:
    """A sandbox of either dialect."""
    with run_sandbox(world=kept.qcontact.copy()) as sandbox:
        yield sandbox


@pytest.fixture
def stage(copies: Copies, kept: Kept, tmp_path: Path, qcontact: Sandbox) -> Iterator[Stage]:
    """Both sides."""
    with (
        copies.copy(kept.database) as dsn,
        stage_on(dsn, qcontact, tmp_path, kept.staff, kept.said) as stage,
    ):
        yield stage
