"""The sync itself under other ids: with a slot every few seconds, and always late."""

from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from airflow.sdk.definitions._internal.dag_parsing_context import _airflow_parsing_context_manager
from qcontact_sync.config.accounts import Account

OFTEN = "qcontact_sync_often"
LATE = "qcontact_sync_late"
EVERY_S = 5
CLOSED_POOL = "closed"
FILE = Path(__file__).resolve().parents[3] / "dags" / "qcontact_sync_dag.py"

spec = spec_from_file_location("qcontact_sync_dag_variants", FILE)
module = module_from_spec(spec)
# As a worker that looks for one of these: the file declares no account's DAG of its own.
with _airflow_parsing_context_manager(dag_id=OFTEN):
    spec.loader.exec_module(module)

schedule = f"* * * * * */{EVERY_S}"
module.sync_dag(Account(), dag_id=OFTEN, schedule=schedule)
# No task of it ever gets a place to run in.
late = module.sync_dag(Account(), dag_id=LATE, schedule=schedule, pool=CLOSED_POOL)
# Not as `late_after`: the first run is of the slot that was the last one when Airflow read this
# file, up to half a minute ago, and a run that begins late has no deadline.
for alert in late.deadline or ():
    alert.interval = timedelta(seconds=2)
