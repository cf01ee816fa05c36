"""Dictionaries for properties, with few random choices: each choice takes time."""

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

_ABSENT = object()
Choices = Mapping[str, Sequence[Any]]
"""Values by name."""


def each_of(
    required: Choices, optional: Choices | None = None
) -> st.SearchStrategy[dict[str, Any]]:
    """One value for each required name; each optional one is missing from half of them."""
    choices = {
        **required,
        **{name: [*([_ABSENT] * len(some)), *some] for name, some in (optional or {}).items()},
    }
    drawn = st.tuples(*map(st.sampled_from, choices.values()))
    return drawn.map(lambda values: _without_absent(zip(choices, values, strict=True)))


def _without_absent(pairs: Any) -> dict[str, Any]:
    return {name: value for name, value in pairs if value is not _ABSENT}
