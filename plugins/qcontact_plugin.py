"""What Airflow's plugin loader may read; everything else lives in the package."""

from airflow.plugins_manager import AirflowPlugin
from qcontact_sync.on_airflow.deadlines import ScheduledSlotDeadline
from qcontact_sync.on_airflow.form_test_port import PortZeroIsNone
from qcontact_sync.on_airflow.lazy_app import LazyApp


class QContactPlugin(AirflowPlugin):
    """The project's plugin."""

    name = "qcontact"
    deadline_references = [ScheduledSlotDeadline]  # noqa: RUF012 Airflow's own way
    fastapi_apps = [  # noqa: RUF012 Airflow's own way
        {
            "name": "qcontact-endpoint",
            "url_prefix": "/api/ticketing",
            "app": LazyApp("qcontact_sync.on_airflow.endpoint.app"),
        },
        {
            "name": "qcontact-dashboard",
            "url_prefix": "/qcontact-sync",
            "app": LazyApp("qcontact_sync.on_airflow.dashboard.app"),
        },
    ]
    fastapi_root_middlewares = [  # noqa: RUF012 Airflow's own way
        {"name": "qcontact-form-test", "middleware": PortZeroIsNone},
    ]
    external_views = [  # noqa: RUF012 Airflow's own way
        {
            "name": "QContact sync",
            "href": "qcontact-sync/",
            "destination": "nav",
            "url_route": "qcontact-sync",
            "category": "browse",
        },
    ]
