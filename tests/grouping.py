"""How the tests are shared out among the workers of pytest-xdist (`make test`)."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

GROUPS = {
    "fleet": ("tests/deployment/test_fleet.py",),
    "e2e": ("tests/e2e",),
    "compose": ("tests/deployment/test_compose_services.py",),
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

SLOW = ("tests/integration", "tests/proof", "tests/dev")
"""These come next, a module at a time; then all others."""


def share_out(items: list[pytest.Item]) -> None:
    """Put each test into its group, and the groups in the order in which they begin."""
    place = {item: _place(item.path.relative_to(ROOT)) for item in items}
    for item, (_, group) in place.items():
        item.add_marker(pytest.mark.xdist_group(group))
        if group in GROUPS:
            item.add_marker(pytest.mark.airflow)
    items.sort(key=lambda item: place[item][0])


def _place(path: Path) -> tuple[int, str]:
    """Return the rank and the group of a module."""
    for rank, (group, members) in enumerate(GROUPS.items()):
        if any(path.is_relative_to(member) for member in members):
            return rank, group
    is_slow = any(path.is_relative_to(folder) for folder in SLOW)
    return len(GROUPS) + (not is_slow), str(path)
