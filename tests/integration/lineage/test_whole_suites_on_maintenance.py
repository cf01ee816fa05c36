"""The suites of failing tickets, of numbers and of runs once more, with this room's databases."""

import pytest

from tests.integration.sync.test_poisoned_tickets import *  # noqa: F403
from tests.integration.sync.test_runs import *  # noqa: F403
from tests.integration.sync.test_ticket_uids import *  # noqa: F403

pytestmark = [pytest.mark.integration, pytest.mark.sandbox, pytest.mark.deep]
