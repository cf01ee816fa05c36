"""The hot queries of the page can use indexes where tables grow without end."""

import json
from uuid import uuid4

import psycopg
import pytest
from qcontact_sync.fibreflow.statements import statement

pytestmark = pytest.mark.integration

GROWING = {"qcontact_run_error", "qcontact_run_direction", "qcontact_run", "qcontact_ticket_link"}
JOB = {"job_id": uuid4()}


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("report_run", JOB),
        ("read_directions", JOB),
        ("list_run_errors", {**JOB, "limit": 200}),
        ("count_errors", {**JOB, "start_date": None, "end_date": None}),
        ("describe_tickets", {"remote_ids": ["1", "2"]}),
    ],
)
def test_a_page_of_one_run_reads_no_growing_table_whole(year_db, name, params):
    # On a small table a scan may be cheaper: what counts is that it is never the only way.
    with psycopg.connect(year_db, options="-c enable_seqscan=off") as connection:
        explain = f"EXPLAIN (FORMAT JSON) {statement(name)}"
        (plan,) = connection.execute(explain.encode(), params).fetchone()

    assert GROWING & set(_scanned(plan)) == set(), json.dumps(plan, indent=1)


def _scanned(plan):
    """The tables that a plan reads from one end to the other."""
    if isinstance(plan, list):
        for part in plan:
            yield from _scanned(part)
    elif isinstance(plan, dict):
        if plan.get("Node Type") == "Seq Scan":
            yield plan["Relation Name"]
        for part in plan.values():
            yield from _scanned(part)
