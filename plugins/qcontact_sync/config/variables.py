"""Values that come from variables of the environment, by their names."""

import os
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class FromVariables(BaseModel):
    """Fields that are read from the environment, each from ``<PREFIX><NAME>``.

    What is passed by name counts more. The case of a variable's name does not matter, and an empty
    variable counts as not set.
    """

    # The validator is built with the first use.
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, defer_build=True)

    prefix: ClassVar[str]

    def __init__(self, **given: Any) -> None:
        super().__init__(**{**self._read(), **given})

    @classmethod
    def _read(cls) -> dict[str, str]:
        fields = {f"{cls.prefix}{name}".upper(): name for name in cls.model_fields}
        return {
            fields[name.upper()]: value
            for name, value in os.environ.items()
            if value and name.upper() in fields
        }
