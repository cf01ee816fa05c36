"""The suites of what goes out once more, with this room's databases: marks find the same."""

import pytest

from tests.integration.sync.test_notes import *  # noqa: F403
from tests.integration.sync.test_poisoned_tickets import *  # noqa: F403
from tests.integration.sync.test_review import *  # noqa: F403

from tests.integration.sync.test_outbound import *  # noqa: F403 # isort: skip: its fixtures count

pytestmark = [pytest.mark.integration, pytest.mark.sandbox, pytest.mark.deep]
