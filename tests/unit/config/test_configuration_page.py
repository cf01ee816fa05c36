"""docs/configuration.md and `Settings` say the same."""

import re
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest
from annotated_types import Ge, Gt, Le
from qcontact_sync.config.settings import PREFIX, TABLE_PREFIX, Settings, TableSettings

PAGE = Path(__file__).parents[3] / "docs" / "configuration.md"


def documented():
    """Default, range and meaning of each setting, as its row in the table has them."""
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    return {name: cells for name, *cells in rows if name.startswith(PREFIX)}


def shown_default(field):
    if field.default in (None, ()):
        return "none"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return f"`{field.default}`" if isinstance(field.default, str) else f"{field.default:g}"


def choices(field):
    return get_args(field.annotation) if get_origin(field.annotation) is Literal else ()


def shown_range(field):
    """The range that the type sets; None where it is in words."""
    if choices(field):
        return ", ".join(f"`{choice}`" for choice in choices(field))
    limits = {type(limit): limit for limit in field.metadata}
    least, above, most = (limits.get(kind) for kind in (Ge, Gt, Le))
    start = f"above {above.gt:g}" if above else f"{least.ge:g}" if least else None
    if start is None:
        return None
    if most is None:
        return start if above else f"from {start}"
    return f"{start}, to {most.le:g}" if above else f"{start} to {most.le:g}"


def test_the_table_lists_exactly_the_settings():
    assert documented().keys() == {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {
        f"{TABLE_PREFIX}{name.upper()}" for name in TableSettings.model_fields
    }


@pytest.mark.parametrize("name", Settings.model_fields)
def test_default_and_range_are_as_documented(name):
    field = Settings.model_fields[name]
    default, allowed, _ = documented()[f"{PREFIX}{name.upper()}"]
    assert default == shown_default(field)
    assert allowed == (shown_range(field) or allowed)


@pytest.mark.parametrize("variable", ["QCONTACT_API_URL", "QCONTACT_API_KEY", "DATABASE_URL"])
def test_the_endpoints_variables_are_documented(variable):
    assert f"| `{variable}` |" in PAGE.read_text()
