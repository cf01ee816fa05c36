"""The suites of outbound and of notes once more, with this room's databases."""

from tests.integration.sync.test_notes import *  # noqa: F403
from tests.integration.sync.test_outbound import *  # noqa: F403

# Its CHECK takes no status that has no counterpart, and a view cannot stop the app's trigger.
del test_a_status_without_a_counterpart_is_a_ticket_error  # noqa: F821
del test_a_dated_run_sends_what_changed_here_inside_its_window  # noqa: F821
