"""What a person decides on the page, and what forged requests achieve: nothing."""

import re
from dataclasses import dataclass

import httpx
import psycopg
import pytest

from tests.integration.dashboard.conftest import ApiServer

pytestmark = pytest.mark.integration

BASE = "/qcontact-sync"


@dataclass
class Entry:
    """One ticket in quarantine that nobody has dismissed, and the server that shows it."""

    api: ApiServer
    dsn: str
    id: str

    @property
    def path(self) -> str:
        return f"{BASE}/quarantine/{self.id}/dismiss"

    def is_dismissed(self) -> bool:
        with psycopg.connect(self.dsn) as connection:
            (at,) = connection.execute(
                "SELECT dismissed_at FROM qcontact_quarantine WHERE id = %s", [self.id]
            ).fetchone()
        return at is not None

    def token(self, user: str = "admin", path: str | None = None) -> str:
        with self.api.client(user) as client:
            return token_in(client.get(path or self.path))

    def post(
        self, user: str | None = "admin", origin: str | None = "own", **more
    ) -> httpx.Response:
        headers = {"Origin": self.api.url if origin == "own" else origin} if origin else {}
        headers |= more.pop("headers", {})
        with self.api.client(user) as client:
            return client.post(self.path, data=more, headers=headers)


def token_in(page: httpx.Response) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page.text)
    return found[1] if found else ""


@pytest.fixture
def entry(year, year_copy) -> Entry:
    year.connect_fibreflow(year_copy)
    with psycopg.connect(year_copy) as connection:
        (entry_id,) = connection.execute(
            "SELECT id FROM qcontact_quarantine WHERE dismissed_at IS NULL ORDER BY id LIMIT 1"
        ).fetchone()
    return Entry(year, year_copy, str(entry_id))


def test_a_confirmed_dismissal_is_done_and_leads_back_to_the_list(entry):
    answer = entry.post(token=entry.token())

    assert answer.status_code == 303
    assert answer.headers["location"] == f"{BASE}/quarantine?said=dismiss"
    assert entry.is_dismissed()


def test_asking_for_confirmation_does_nothing_yet(entry):
    with entry.api.client("admin") as client:
        assert "Dismiss until it changes" in client.get(entry.path).text

    assert not entry.is_dismissed()


def test_a_retry_makes_it_due(entry):
    with entry.api.client("clerk") as client:
        path = entry.path.replace("dismiss", "retry")
        token = token_in(client.get(path))
        client.post(path, data={"token": token}, headers={"Origin": entry.api.url})
    with psycopg.connect(entry.dsn) as connection:
        (is_due,) = connection.execute(
            "SELECT next_try_at <= now() FROM qcontact_quarantine WHERE id = %s", [entry.id]
        ).fetchone()

    assert is_due


def test_without_a_token_nothing_is_done(entry):
    assert entry.post().status_code == 403
    assert not entry.is_dismissed()


def test_a_token_that_was_changed_is_none(entry):
    assert entry.post(token=entry.token()[:-2] + "xx").status_code == 403
    assert not entry.is_dismissed()


def test_another_users_token_is_none(entry):
    assert entry.post(user="admin", token=entry.token("clerk")).status_code == 403
    assert not entry.is_dismissed()


def test_a_token_for_something_else_is_none(entry):
    retry = entry.token(path=entry.path.replace("dismiss", "retry"))

    assert entry.post(token=retry).status_code == 403
    assert not entry.is_dismissed()


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example.test", "own.example.test"])
def test_a_form_of_another_origin_is_refused(entry, origin):
    assert entry.post(origin=origin, token=entry.token()).status_code == 403
    assert not entry.is_dismissed()


def test_what_the_browser_calls_another_site_is_refused(entry):
    answer = entry.post(token=entry.token(), headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert not entry.is_dismissed()


@pytest.mark.parametrize(("user", "status"), [(None, 401), ("onlooker", 403)])
def test_who_may_not_act_is_refused_even_with_a_token(entry, user, status):
    assert entry.post(user=user, token=entry.token()).status_code == status
    assert not entry.is_dismissed()


def test_an_entry_that_has_gone_is_a_sentence(entry):
    with psycopg.connect(entry.dsn) as connection:
        connection.execute("DELETE FROM qcontact_quarantine WHERE id = %s", [entry.id])
    with entry.api.client("admin") as client:
        answer = client.get(entry.path)

    assert answer.status_code == 404
    assert "no longer in quarantine" in answer.text


@pytest.fixture
def reopened(world, api_server) -> tuple[object, object, str]:
    """The world, the server and the conflict's path of a ticket that QContact re-opened."""
    ticket = world.add_ticket(status="Open")
    world.run()
    world.set_local(ticket, status="closed")
    world.run()
    world.edit(ticket, status="In Progress")
    world.run()
    (conflict,) = world.conflicts()
    api_server.connect_fibreflow(world.database)
    api_server.connect_qcontact(world.sandbox.url, world.sandbox.api_key)
    return world, api_server, f"{BASE}/conflicts/{conflict['id']}/remote"


def keep(api_server, path) -> httpx.Response:
    with api_server.client("admin") as client:
        token = token_in(client.get(path))
        return client.post(path, data={"token": token}, headers={"Origin": api_server.url})


def test_keeping_qcontacts_value_writes_it_to_fibreflow(reopened):
    world, api_server, path = reopened
    answer = keep(api_server, path)

    assert answer.headers["location"] == f"{BASE}/conflicts?said=remote"
    assert world.value("SELECT status FROM tickets") == "in_progress"
    assert world.conflicts()[0]["resolution"] == "kept remote"


def test_a_decision_while_a_run_is_at_work_is_refused_and_not_made_later(reopened):
    world, api_server, path = reopened
    world.execute(
        "UPDATE qcontact_lease SET holder = 'elsewhere', host = 'elsewhere',"
        " expires_at = now() + interval '1 hour'"
    )
    answer = keep(api_server, path)
    world.execute("UPDATE qcontact_lease SET expires_at = now(), holder = NULL")

    assert answer.status_code == 503
    assert "a run is active" in answer.text
    assert "What to do: wait until the run has ended, then decide again" in answer.text
    for untrue in ("another program", "later runs retry"):
        assert untrue not in answer.text.lower()
    assert world.conflicts()[0]["resolved_at"] is None


def audited(api_server) -> list[tuple[str, str, str, str]]:
    """Our newest line in Airflow's audit log: event, owner, DAG, extra."""
    with psycopg.connect(api_server.metadata_dsn) as connection:
        return connection.execute(
            "SELECT event, owner, dag_id, extra FROM log WHERE event LIKE 'qcontact_sync.%'"
            " ORDER BY id DESC LIMIT 1"
        ).fetchall()


def test_who_dismissed_an_entry_is_stored_shown_and_in_airflows_audit_log(entry):
    entry.post(user="clerk", token=entry.token("clerk"))

    with psycopg.connect(entry.dsn) as connection:
        decided = connection.execute(
            "SELECT decision, decided_by, decided_at = dismissed_at FROM qcontact_quarantine"
            " WHERE id = %s",
            [entry.id],
        ).fetchone()
    assert decided == ("dismiss", "clerk", True)
    ((event, owner, dag_id, extra),) = audited(entry.api)
    assert (event, owner, dag_id) == ("qcontact_sync.dismiss", "clerk", "qcontact_sync")
    assert entry.id in extra
    with entry.api.client("onlooker") as client:
        assert "last decision: dismiss by clerk" in client.get(f"{BASE}/quarantine").text


def test_who_kept_a_value_is_stored_shown_and_in_airflows_audit_log(reopened):
    world, api_server, path = reopened
    keep(api_server, path)

    assert world.conflicts()[0]["decided_by"] == "admin"
    ((event, owner, _, _),) = audited(api_server)
    assert (event, owner) == ("qcontact_sync.keep_remote", "admin")
    with api_server.client("admin") as client:
        assert "kept remote, by admin" in client.get(f"{BASE}/conflicts").text


def test_a_press_that_is_refused_is_not_audited_as_a_decision(entry):
    before = audited(entry.api)
    entry.post(token="forged")

    assert audited(entry.api) == before
