"""The suite of customer tenants once more: what they do not take is agreed on by marks, too."""

import pytest

from tests.integration.sync.test_walked_runs import *  # noqa: F403

pytestmark = [pytest.mark.integration, pytest.mark.sandbox, pytest.mark.deep]
