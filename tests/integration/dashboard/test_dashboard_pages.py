"""What the pages tell, to whom, and what they say when something is missing."""

import re
from datetime import timedelta

import httpx
import psycopg
import pytest
from pydantic import SecretStr
from qcontact_sync.config.access import FibreFlowAccess
from qcontact_sync.config.settings import Settings
from qcontact_sync.jobs import get_status

from sandbox.running import Sandbox
from tests.integration.dashboard.dashboard_year import BEGUN_AT, KEY, OUTAGE

pytestmark = pytest.mark.integration

BASE = "/qcontact-sync"
PAGES = (
    "/",
    "/runs",
    "/pending",
    "/quarantine",
    "/conflicts",
    "/compare",
    "/fields",
    "/run",
    "/pending/confirm",
    "/help",
    "/ticket?id=FT100000",
)


def text_of(answer: httpx.Response) -> str:
    """What a person reads."""
    body = answer.text.partition("<main")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))


def get(api, path="/", user="admin") -> httpx.Response:
    with api.client(user) as client:
        return client.get(BASE + path)


def day(ago: int) -> str:
    return (BEGUN_AT - timedelta(days=ago)).date().isoformat()


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_a_page_without_logging_in(year, path):
    answer = get(year, path, user=None)

    assert answer.status_code == 401
    assert "Log in to Airflow" in answer.text
    assert "<table" not in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_who_may_read_the_dag_sees_every_page(year, path):
    assert get(year, path, user="onlooker").status_code == 200


def test_who_may_not_start_runs_gets_no_buttons(year):
    assert "Retry" not in get(year, "/quarantine", user="onlooker").text
    assert "Retry" in get(year, "/quarantine", user="clerk").text


def test_the_figures_are_those_of_the_status_command(year, year_db):
    status = get_status(FibreFlowAccess(SecretStr(year_db)), Settings())
    shown = re.findall(r"<b>([\d.,%]+)</b>", get(year).text.partition('class="figures"')[2])

    assert shown[:5] == [
        str(status.pending_outbound),
        str(status.quarantined),
        str(status.conflicts_open),
        str(status.failed_last_24h),
        f"{status.success_rate_last_7d:.1%}",
    ]


def test_the_rules_say_why_escalated_shows_as_in_progress(year):
    shown = text_of(get(year, "/fields"))
    assert (
        "Escalated in_progress QContact keeps Escalated; only a change in FibreFlow is sent"
        in shown
    )
    assert "title title QContact to FibreFlow as it is, at most 255 characters" in shown
    assert 'aria-current="page">Fields</a>' in get(year, "/fields").text


def test_health_is_a_sentence(year):
    assert "3 open conflicts need a decision." in text_of(get(year))


def test_it_says_up_to_when_it_is_in_step_and_when_the_next_run_begins(year, year_copy):
    with psycopg.connect(year_copy) as connection:
        connection.execute(
            "INSERT INTO qcontact_cursor (account, settled_until, job_id)"
            " SELECT 'default', '2026-01-02T03:04:05Z', job_id FROM qcontact_run LIMIT 1"
        )
    year.airflow("UPDATE dag SET next_dagrun_create_after = '2030-05-06T07:08:09Z'")
    year.connect_fibreflow(year_copy)
    text = text_of(get(year))

    assert "2026-01-02 05:04:05 03:04 UTC" in text
    assert "The next run begins Mon 2030-05-06 09:08:09 07:08 UTC" in text


def test_a_run_that_a_person_mistyped_is_in_the_history_and_no_problem(year, year_copy):
    with psycopg.connect(year_copy) as connection:
        connection.execute("UPDATE qcontact_conflict SET resolved_at = now()")
        connection.execute("UPDATE qcontact_quarantine SET dismissed_at = now()")
        connection.execute(
            "INSERT INTO sync_job_history (started_at, completed_at, status, error_code)"
            " VALUES (now(), now(), 'failed', 'VALIDATION_ERROR')"
        )
    year.connect_fibreflow(year_copy)
    text = text_of(get(year))

    assert "Healthy No action needed." in text
    assert "ended as failed" in text


def test_nobody_to_mail_to_is_said(year, year_copy):
    year.connect_fibreflow(year_copy)
    account = year.accounts.read_text()
    year.accounts.write_text(f"{account}alert_to = ''\n")
    try:
        text = text_of(get(year))
    finally:
        year.accounts.write_text(account)

    assert "No mails are sent: QCONTACT_SYNC_ALERT_TO is not set." in text


@pytest.mark.parametrize(
    ("ago", "code", "reason"),
    [
        (OUTAGE, "SERVER_ERROR", "QContact answered 503"),
        (KEY, "AUTHENTICATION_ERROR", "put a valid key into the QContact connection"),
    ],
)
def test_a_red_day_says_why_and_what_to_do(year, ago, code, reason):
    text = text_of(get(year, f"/?from={day(ago)}"))

    assert code in text
    assert reason in text


def test_what_is_still_open_comes_first_and_then_the_newest(year):
    text = text_of(get(year, "/?period=90d")).partition("What went wrong")[2]
    codes = re.findall(r"(run broke|tickets failed)( still open)? ([A-Z_]+)", text)

    assert codes[0] == ("tickets failed", " still open", "VALIDATION_ERROR")
    assert [code for _, _, code in codes[1:]] == [
        "SERVER_ERROR",
        "AUTHENTICATION_ERROR",
        "NEEDS_CONFIRMATION",
    ]


def test_a_year_is_drawn_by_week_and_leads_closer(year):
    page = get(year, "/?period=365d").text
    weeks = re.findall(r'<li class="\w+">\s*<a href="([^"]+)"', page)

    assert 50 <= len(weeks) <= 54
    with year.client("admin") as client:
        assert "six-hour slot" in client.get(weeks[5].replace("&amp;", "&")).text


def test_a_run_tells_its_failed_tickets_and_leads_to_airflow(year, year_db):
    with psycopg.connect(year_db) as connection:
        job_id, run_id = connection.execute(
            "SELECT job.id, run.run_id FROM sync_job_history AS job JOIN qcontact_run AS run"
            " ON run.job_id = job.id WHERE inbound_failed = 9 ORDER BY started_at LIMIT 1"
        ).fetchone()
        failed = connection.execute(
            "SELECT remote_id FROM qcontact_run_error WHERE job_id = %s AND direction = 'inbound'",
            [job_id],
        ).fetchall()
    page = get(year, f"/runs/{job_id}").text

    assert all(remote_id in page for (remote_id,) in failed)
    assert f"/dags/qcontact_sync/runs/{run_id.replace(':', '%3A').replace('+', '%2B')}" in page


def test_older_runs_are_pages_away_and_none_is_missing(year, year_db):
    seen = []
    for number in (1, 2, 3):
        page = get(year, f"/runs?period=30d&page={number}").text
        seen += re.findall(r'<th scope="row"><a href="[^"]*/runs/([0-9a-f-]{36})"', page)
    with psycopg.connect(year_db) as connection:
        (expected,) = connection.execute(
            "SELECT count(*) FROM sync_job_history WHERE started_at > now() - interval '30 days'"
        ).fetchone()

    assert len(seen) == len(set(seen)) == expected


def test_nobody_is_named_to_who_may_not_decide(year, year_db):
    """QContact's assignees are people; ids, titles and statuses are all that is shown."""
    page = get(year, "/conflicts", user="onlooker").text

    assert "assigned_to" in page
    assert "Naledi" not in page
    assert "Names of people are not shown" in page


def test_who_may_decide_sees_between_whom(year):
    page = get(year, "/conflicts", user="clerk").text

    assert "Naledi Dlamini" in page
    assert "Names of people are not shown" not in page


def test_text_from_outside_stays_text(year, year_copy):
    with psycopg.connect(year_copy) as connection:
        connection.execute("UPDATE tickets SET title = '<script>alert(1)</script>'")
        connection.execute("UPDATE sync_job_history SET error_code = '<b>', error_message = '<i>'")
    year.connect_fibreflow(year_copy)

    for path in ("/", "/quarantine", "/pending", "/conflicts"):
        page = get(year, path).text
        assert "alert(1)</script>" not in page
        assert "<i>" not in page


@pytest.mark.parametrize("path", ["/", "/static/dashboard.js", "/nothing", "/runs/no-uuid"])
def test_every_answer_carries_the_security_headers(year, path):
    headers = get(year, path).headers

    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_pages_hold_no_script_and_no_style_of_their_own(year):
    for path in PAGES:
        page = get(year, path).text
        assert not re.search(r"<style|<script(?! src=)|\sstyle=|\son\w+=", page)


def test_nothing_is_asked_of_other_hosts(year):
    for path in PAGES:
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', get(year, path).text)


def test_an_empty_database_is_told_as_what_it_is(year, fibreflow_db):
    year.connect_fibreflow(fibreflow_db)
    text = text_of(get(year))

    assert "No run is recorded yet" in text
    assert "No run began in this period" in text


@pytest.mark.parametrize("path", PAGES[:5])
def test_a_missing_connection_is_named(year, path):
    year.disconnect("fibreflow_default")
    answer = get(year, path)

    assert answer.status_code == 503
    assert "connection fibreflow_default is not defined" in text_of(answer)


def test_a_database_that_is_down_is_told_without_its_password(year, pg_server):
    year.connect(
        "fibreflow_default",
        conn_type="postgres",
        host="127.0.0.1",
        port=9,
        login="sync",
        password="hidden-word",
        schema="fibreflow",
    )
    answer = get(year)

    assert answer.status_code == 503
    assert "no connection to the database" in text_of(answer)
    assert "hidden-word" not in answer.text


def test_a_database_without_tables_says_what_to_run(year, empty_db):
    year.connect_fibreflow(empty_db)
    answer = get(year)

    assert answer.status_code == 503
    assert "qcontact-sync migrate" in text_of(answer)


def test_a_page_gives_up_on_a_database_that_hangs(year, year_copy):
    year.connect_fibreflow(year_copy)
    with psycopg.connect(year_copy) as connection:
        connection.execute("LOCK TABLE sync_job_history")
        answer = get(year)

    assert answer.status_code == 503
    assert "no answer within" in text_of(answer)


def test_a_ticket_is_told_also_where_qcontact_cannot_be_reached(year):
    year.connect_qcontact("http://127.0.0.1:9", "some-key")
    answer = get(year, "/ticket?id=FT100000")

    assert answer.status_code == 200
    assert "QContact could not be read" in text_of(answer)


def test_a_ticket_that_nothing_has_is_a_sentence(year):
    answer = get(year, "/ticket?id=FT999999")

    assert answer.status_code == 404
    assert "no ticket that came from QContact has the id FT999999" in text_of(answer)


@pytest.mark.parametrize(
    "path",
    [
        "/?period=century",
        "/?from=someday",
        "/?from=2026-02-01&to=2026-01-01",
        "/runs/1",
        "/runs?page=0",
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(year, path):
    assert get(year, path).status_code == 400


def test_a_ticket_is_explained_without_its_text_and_its_people(world, api_server):
    ticket = world.add_ticket(title="No light", description="secret text", assigned_to="Ann Ville")
    world.run()
    world.set_local(ticket, status="in_progress")
    api_server.connect_fibreflow(world.database)
    api_server.connect_qcontact(world.sandbox.url, world.sandbox.api_key)
    answer = get(api_server, f"/ticket?id={ticket}", user="onlooker")
    text = text_of(answer)

    assert "FibreFlow's value is sent to QContact" in text.replace("&#39;", "'")
    assert "secret text" not in answer.text
    assert "Ann Ville" not in answer.text


def test_the_api_servers_log_holds_no_key(year, qcontact: Sandbox):
    get(year, "/ticket?id=FT100000")

    assert qcontact.api_key not in year.last_log()
