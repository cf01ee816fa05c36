"""How the tests are shared out among the workers of pytest-xdist (`make test`)."""

import functools
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import NodeManager

# After Ctrl-C a worker stops the servers of its tests, which may take more than the usual 10 s.
NodeManager.EXIT_TIMEOUT = 60

ROOT = Path(__file__).parents[1]

GROUPS = {
    "e2e": ("tests/e2e",),
    "compose": ("tests/deployment/test_compose_services.py",),
    "fleet": ("tests/deployment/test_fleet.py",),
    "endpoint": ("tests/integration/endpoint",),
    "dashboard": ("tests/integration/dashboard",),
    "airflow": (
        "tests/dags",
        "tests/integration/alerts",
        "tests/integration/on_airflow",
        "tests/unit/on_airflow",
    ),
    "bundles": ("tests/deployment/test_bundles.py",),
}
"""What shares one expensive thing: a running Airflow, or Airflow imported into the process.

The longest comes first, so that no worker begins it when the others are nearly done.
"""

SLOW = ("tests/proof", "tests/integration", "tests/dev")
"""These come next in this order, a module at a time; then all others."""


class GroupScheduling(LoadScopeScheduling):
    """Gives a worker a whole group at a time, in the order of `put_in_order`."""

    def _split_scope(self, nodeid: str) -> str:
        _, group = _place(Path(nodeid.partition("::")[0]))
        return group


def needs_airflow(path: Path) -> bool:
    """Whether all tests of a file or folder need Airflow."""
    _, group = _place(path.relative_to(ROOT))
    return group in GROUPS


def put_in_order(items: list[pytest.Item]) -> None:
    """Sort the tests by group, and mark those that need Airflow."""
    place = {item: _place(item.path.relative_to(ROOT)) for item in items}
    for item, (_, group) in place.items():
        if group in GROUPS:
            item.add_marker(pytest.mark.airflow)
    items.sort(key=lambda item: place[item][0])


@functools.cache
def _place(path: Path) -> tuple[int, str]:
    """Return the rank and the group of a module."""
    for rank, (group, members) in enumerate(GROUPS.items()):
        if any(path.is_relative_to(member) for member in members):
            return rank, group
    slow = (n for n, folder in enumerate(SLOW) if path.is_relative_to(folder))
    return len(GROUPS) + next(slow, len(SLOW)), str(path)
