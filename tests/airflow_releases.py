"""What tests use of Airflow, from where its release has it.

Import `private_airflow` before this.
"""

from typing import TYPE_CHECKING

from airflow.sdk import DAG
from airflow.timetables.base import Timetable
from qcontact_sync.on_airflow.version_compat import RELEASE

if TYPE_CHECKING or RELEASE >= (3, 2):
    from airflow.dag_processing.dagbag import DagBag
    from airflow.sdk.exceptions import ParamValidationError
    from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime
    from airflow.serialization.serialized_objects import DagSerialization
else:
    from airflow.exceptions import ParamValidationError
    from airflow.models.dagbag import DagBag
    from airflow.providers_manager import ProvidersManager as ProvidersManagerTaskRuntime
    from airflow.serialization.serialized_objects import SerializedDAG as DagSerialization

AIRFLOWS_OWN = [] if RELEASE >= (3, 2) else ["/cron_descriptor/locale/"]
"""Parts of the paths that Airflow itself opens where a DAG has a timetable."""

__all__ = [
    "AIRFLOWS_OWN",
    "DagBag",
    "ParamValidationError",
    "ProvidersManagerTaskRuntime",
    "begin_metrics",
    "timetable_of",
]


def timetable_of(dag: DAG) -> Timetable:
    """As the scheduler has it."""
    timetable: Timetable = DagSerialization.deserialize_dag(
        DagSerialization.serialize_dag(dag)
    ).timetable
    return timetable


def begin_metrics() -> None:
    """What Airflow's task runner does about metrics before it runs a task; 3.1 does nothing."""
    if RELEASE >= (3, 2):
        from airflow.sdk.observability import stats
        from airflow.sdk.observability.metrics import stats_utils

        if TYPE_CHECKING or RELEASE >= (3, 3):
            factory = stats_utils.get_stats_factory()
            stats.initialize(factory=factory, export_legacy_names=True)
        else:
            stats.Stats.initialize(factory=stats_utils.get_stats_factory(stats.Stats))
