from datetime import timedelta

from qcontact_sync.config.accounts import Account
from qcontact_sync.on_airflow.declaring import late_alert
from qcontact_sync.on_airflow.version_compat import RELEASE
from qcontact_sync.reporting.airflow_releases import LACKS


def test_what_doctor_says_of_this_airflow_is_so():
    has_deadline = late_alert(Account(), timedelta(minutes=10)) is not None

    assert ("no Deadline Alert" in " ".join(LACKS[RELEASE])) is not has_deadline
