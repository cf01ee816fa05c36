"""The demo's last act counts what is there: each way to go wrong turns its line red."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from rich.console import Console

from dev.demo.counting import BothSides, Change, Tally, count
from dev.demo.report import show_tally
from dev.demo.sandbox_qcontact import SandboxQContact
from sandbox.running import Sandbox, run_sandbox

pytestmark = pytest.mark.sandbox

TITLE, TEXT = "Called once more", "We have begun to work."


@dataclass
class Scene:
    """One ticket at a real sandbox, and FibreFlow's row of it."""

    sandbox: Sandbox
    rows: list[dict[str, Any]] = field(
        default_factory=lambda: [{"title": TITLE, "status": "in_progress"}]
    )

    def __post_init__(self) -> None:
        self.qcontact = SandboxQContact(self.sandbox.url, self.sandbox.api_key)
        self.ticket = self.qcontact.add(title="No light", status="New")
        self.http = httpx.Client(
            base_url=self.sandbox.url,
            headers={"Authorization": f"Bearer {self.sandbox.api_key}"},
        )

    def title(self) -> Change:
        return Change(self.ticket, "title", TITLE, TITLE)

    def status(self) -> Change:
        return Change(self.ticket, "status", "in_progress", "In Progress")

    def note(self) -> Change:
        return Change(self.ticket, "note", TEXT, TEXT)

    def send(self, **fields: str) -> None:
        self.http.patch(f"/tickets/{self.ticket}", json=fields).raise_for_status()

    def send_note(self) -> None:
        note = {"content": TEXT, "is_internal": False}
        self.http.post(f"/tickets/{self.ticket}/notes", json=note).raise_for_status()

    def count(self, *changes: Change) -> Tally:
        sides = BothSides(
            {self.ticket: self.rows},
            {str(ticket["id"]): ticket for ticket in self.qcontact.tickets()},
            {self.ticket: self.qcontact.notes(self.ticket)},
            self.qcontact.journal(),
        )
        return count(changes, sides)


@pytest.fixture
def scene() -> Iterator[Scene]:
    with run_sandbox(tickets=0) as sandbox:
        scene = Scene(sandbox)
        yield scene
        scene.http.close()
        scene.qcontact.close()


def test_what_travelled_once_is_clean(scene: Scene) -> None:
    scene.qcontact.edit(scene.ticket, title=TITLE)
    scene.send(status="in_progress")
    scene.send_note()

    tally = scene.count(scene.title(), scene.status(), scene.note())

    assert tally.is_clean
    assert str(tally) == "0 lost, 0 doubled, 0 sent twice"


def test_an_edit_of_the_call_centre_that_fibreflow_does_not_show_is_lost(scene: Scene) -> None:
    scene.qcontact.edit(scene.ticket, title=TITLE)
    scene.rows[0]["title"] = "No light"

    assert scene.count(scene.title()).lost == [f"title of {scene.ticket}"]


def test_an_edit_that_the_sync_took_back_at_its_source_is_lost(scene: Scene) -> None:
    assert scene.count(scene.title()).lost == [f"title of {scene.ticket}"]


def test_a_status_that_did_not_arrive_is_lost(scene: Scene) -> None:
    assert scene.count(scene.status()).lost == [f"status of {scene.ticket}"]


def test_a_note_that_did_not_arrive_is_lost(scene: Scene) -> None:
    assert scene.count(scene.note()).lost == [f"note of {scene.ticket}"]


def test_a_ticket_without_a_row_is_lost(scene: Scene) -> None:
    scene.qcontact.edit(scene.ticket, title=TITLE)
    scene.rows.clear()

    assert scene.count(scene.title()).lost == [f"title of {scene.ticket}"]


def test_a_second_row_of_a_ticket_is_doubled(scene: Scene) -> None:
    scene.qcontact.edit(scene.ticket, title=TITLE)
    scene.rows *= 2

    assert scene.count(scene.title()).doubled == [scene.ticket]


def test_a_note_that_is_there_twice_was_sent_twice(scene: Scene) -> None:
    scene.send_note()
    scene.send_note()

    assert scene.count(scene.note()).sent_twice == [f"note to {scene.ticket}"]


def test_a_change_that_was_applied_again_was_sent_twice(scene: Scene) -> None:
    scene.send(status="in_progress")
    scene.send(status="in_progress")

    tally = scene.count(scene.status())

    assert tally.sent_twice == [f"{{'status': 'in_progress'}} to {scene.ticket}"]


def test_a_change_after_the_call_centres_own_is_not_sent_twice(scene: Scene) -> None:
    scene.send(status="in_progress")
    scene.qcontact.edit(scene.ticket, status="New")
    scene.send(status="in_progress")

    assert scene.count(scene.status()).is_clean


def test_a_change_whose_first_try_was_refused_is_not_sent_twice(scene: Scene) -> None:
    scene.sandbox.world.faults.add(do="answer", status=503, method="PATCH")
    with pytest.raises(httpx.HTTPStatusError):
        scene.send(status="in_progress")
    scene.send(status="in_progress")

    assert scene.count(scene.status()).is_clean


@pytest.mark.parametrize(
    ("tally", "said", "colour"),
    [
        (Tally([], [], []), "0 lost, 0 doubled, 0 sent twice", "\x1b[1;32m"),
        (Tally(["title of 7"], [], []), "1 lost, 0 doubled, 0 sent twice", "\x1b[1;31m"),
    ],
    ids=["clean", "lost"],
)
def test_the_line_is_green_only_where_nothing_is_wrong(
    tally: Tally, said: str, colour: str
) -> None:
    paper = io.StringIO()

    show_tally(Console(file=paper, force_terminal=True, color_system="standard"), 64, tally)

    assert said in paper.getvalue()
    assert colour in paper.getvalue()


def test_each_finding_is_told() -> None:
    paper = io.StringIO()

    show_tally(Console(file=paper), 64, Tally(["title of 7"], ["8"], ["note to 9"]))

    found: Sequence[str] = ("lost: title of 7", "doubled: 8", "sent twice: note to 9")
    assert all(line in paper.getvalue() for line in found)


def test_withheld_answers_leave_the_work_done(scene: Scene) -> None:
    with scene.qcontact.withholding_answers(after=0):
        scene.http.timeout = httpx.Timeout(0.5)
        with pytest.raises(httpx.ReadTimeout):
            scene.send(status="in_progress")
        assert scene.qcontact.unanswered() == 1

    assert scene.count(scene.status()).is_clean
