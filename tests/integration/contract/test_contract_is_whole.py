"""Every method of a port that a fake implements is part of the contract."""

import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest
from qcontact_sync.core import ports, run_ports, store_ports, unit_ports

OF_A_CLOCK = {"now", "monotonic"}
"""Time is the tests' own on both sides."""
TESTS = "".join(
    path.read_text()
    for path in sorted(Path(__file__).parent.glob("*.py"))
    if path != Path(__file__)
)


def methods(module: ModuleType) -> set[str]:
    protocols = (
        found
        for found in vars(module).values()
        if inspect.isclass(found) and getattr(found, "_is_protocol", False)
        and found.__module__ == module.__name__
    )  # fmt: skip
    return {
        name
        for protocol in protocols
        for name, value in vars(protocol).items()
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, property))
    }


@pytest.mark.parametrize("module", [ports, run_ports, store_ports, unit_ports])
def test_every_method_of_the_ports_is_called_by_the_contract(module: ModuleType) -> None:
    wanted = methods(module) - OF_A_CLOCK
    assert wanted
    assert {name for name in wanted if not re.search(rf"\.{name}\b", TESTS)} == set()
