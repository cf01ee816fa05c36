"""Deprecated: this module is now `qcontact_sync.services.review`, until the next release."""

import warnings

from qcontact_sync.services.review import *  # noqa: F403

warnings.warn(
    "qcontact_sync.review is now qcontact_sync.services.review", DeprecationWarning, stacklevel=2
)
