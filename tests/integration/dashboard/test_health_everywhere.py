"""What only Airflow knows: the dashboard and the command line say the same about it."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from qcontact_sync.config.access import FibreFlowAccess
from qcontact_sync.config.settings import Settings
from qcontact_sync.jobs import get_status_here
from qcontact_sync.reporting.health import Health

from tests.integration.dashboard.conftest import ONE_ACCOUNT, ApiServer
from tests.integration.dashboard.test_dashboard_pages import get, text_of

pytestmark = pytest.mark.integration

NEXT = "UPDATE dag SET next_dagrun_create_after = '2030-05-06T07:08:09Z'"


def on_the_command_line(api: ApiServer, dsn: str) -> Health:
    """What `qcontact-sync status` shows in the environment of Airflow's programs."""
    return get_status_here(FibreFlowAccess(SecretStr(dsn)), Settings(), api.environment, 300)


def test_the_next_run_and_a_pause(year: ApiServer, year_db: str) -> None:
    year.airflow(NEXT)
    seen = on_the_command_line(year, year_db)
    assert "The next run begins Mon 2030-05-06 09:08:09 07:08 UTC" in text_of(get(year))
    assert str(seen.next_run_at) == "2030-05-06 07:08:09+00:00"

    year.pause(True)
    seen = on_the_command_line(year, year_db)
    year.pause(False)
    assert (seen.is_paused, seen.next_run_at) == (True, None)
    assert "the DAG is paused: no scheduled run begins" in seen.health_issues


@pytest.fixture
def notifying(year: ApiServer) -> Iterator[ApiServer]:
    """Notifications go to a connection that is not there."""
    year.accounts.write_text(f'{ONE_ACCOUNT}notify_conn = "team_chat"\n')
    yield year
    year.accounts.write_text(ONE_ACCOUNT)
    year.disconnect("team_chat")


def test_a_connection_for_notifications_that_is_missing_or_of_another_type_is_said(
    notifying: ApiServer,
) -> None:
    setting = "No notifications are sent: QCONTACT_SYNC_NOTIFY_CONN"
    assert f"{setting}: Airflow has no connection team_chat." in text_of(get(notifying))
    notifying.connect("team_chat", conn_type="http")
    assert f"{setting}: connection team_chat is not of type Apprise." in text_of(get(notifying))
    notifying.disconnect("team_chat")
    notifying.connect("team_chat", conn_type="apprise")
    assert "No notifications are sent" not in text_of(get(notifying))
