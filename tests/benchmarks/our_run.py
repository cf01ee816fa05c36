"""Ours: one run of the sync, as the command line does it. ``[PARAMS as JSON]``.

The database is in DATABASE_URL, QContact in QCONTACT_API_URL; settings as ever. What a run imports
when it needs it is imported beforehand: the goals leave out the start of a process.
"""

import json
import os
import sys
from importlib import import_module
from pkgutil import iter_modules

import psycopg
from qcontact_sync.jobs import run_sync_job

from tests.benchmarks.measuring import measured

_PRESENT = "SELECT pg_current_xact_id()::text::bigint"
_WRITTEN_SINCE = """
SELECT
    (SELECT count(*) FROM tickets WHERE xmin::text::bigint > %(since)s)
    + (SELECT count(*) FROM qcontact_ticket_link WHERE xmin::text::bigint > %(since)s)
    + (SELECT count(*) FROM qcontact_sync_log
       WHERE xmin::text::bigint > %(since)s AND sync_type <> 'full_sync')"""


def main() -> None:
    """Run once, and tell how many rows of tickets, links and audit it wrote."""
    params = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    _import_all()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        since = connection.execute(_PRESENT).fetchone()
        assert since is not None
        with measured() as measurement:
            result = run_sync_job(params)
            if result.status != "success":
                sys.exit(f"{result.status}: {result.error_code}: {result.error_message}")
            _tell(measurement.facts, result.to_dict()["summary"])
        written = connection.execute(_WRITTEN_SINCE, {"since": since[0]}).fetchone()
        assert written is not None
        print(json.dumps({"written": written[0]}))


def _import_all() -> None:
    for room in ("fibreflow", "qcontact", "sync"):
        package = import_module(f"qcontact_sync.{room}")
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)


def _tell(facts: dict[str, float], summary: object) -> None:
    assert isinstance(summary, dict)
    for direction in ("inbound", "outbound"):
        facts[f"{direction}_processed"] = summary[direction]["processed"]
        facts[f"{direction}_successful"] = summary[direction]["successful"]


if __name__ == "__main__":
    main()
