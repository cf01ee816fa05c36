"""Deprecated: this module is now `qcontact_sync.config.accounts`, until the next release."""

import warnings

from qcontact_sync.config.accounts import *  # noqa: F403

warnings.warn(
    "qcontact_sync.accounts is now qcontact_sync.config.accounts", DeprecationWarning, stacklevel=2
)
