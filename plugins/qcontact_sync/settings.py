"""Deprecated: this is now `config.settings` and `config.access`, until the next release."""

import warnings

from qcontact_sync.config.access import *  # noqa: F403
from qcontact_sync.config.settings import *  # noqa: F403

warnings.warn(
    "qcontact_sync.settings is now qcontact_sync.config.settings and .access",
    DeprecationWarning,
    stacklevel=2,
)
