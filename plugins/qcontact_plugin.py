"""What Airflow's plugin loader may read; everything else lives in the package."""

from airflow.plugins_manager import AirflowPlugin


class QContactPlugin(AirflowPlugin):
    """The project's plugin."""

    name = "qcontact"
