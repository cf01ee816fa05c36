"""An Airflow of the tests' own; import this before anything of Airflow, which reads it at import.

Its home is empty and goes when the tests end; `migrated` makes its metadata database.
"""

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path

from tests.pristine_airflow import metadata_file
from tests.shared import quick_place

PROJECT = Path(__file__).parents[1]
HOME = Path(tempfile.mkdtemp(prefix="qcontact-sync-airflow-", dir=quick_place()))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

for inherited in [name for name in os.environ if name.startswith(("AIRFLOW_", "QCONTACT_"))]:
    del os.environ[inherited]
os.environ.update(
    AIRFLOW_HOME=str(HOME),
    AIRFLOW__CORE__DAGS_FOLDER=str(PROJECT / "dags"),
    AIRFLOW__CORE__PLUGINS_FOLDER=str(PROJECT / "plugins"),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__FERNET_KEY="",
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{HOME}/airflow.db",
    AIRFLOW__LOGGING__BASE_LOG_FOLDER=str(HOME / "logs"),
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED="False",
)


@functools.cache
def migrate() -> None:
    """Make the metadata database, once."""
    metadata_file(HOME / "airflow.db")
