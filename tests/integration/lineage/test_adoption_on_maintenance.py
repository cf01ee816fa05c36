"""The suite of adoption and of dry runs once more, with this room's databases."""

from tests.integration.sync.test_adoption import *  # noqa: F403
from tests.integration.sync.test_dry_runs import *  # noqa: F403
