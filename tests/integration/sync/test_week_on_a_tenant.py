"""A week of runs every six hours against a tenant, while people work on both sides."""

import random
from collections.abc import Iterable
from itertools import cycle

import pytest

from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

RUNS = 28
BETWEEN_S = 6 * 3_600
DAY = 4  # runs
UNTOUCHED = ("Escalated", "Pending Customer", "New")
THERE = {"Assigned": "assigned", "Escalated": "in_progress", "In Review": "pending_qa"}
HERE = {"assigned": "Assigned", "in_progress": "InProgress", "pending_qa": "InReview"}
"""By turns: a status that goes back and forth between two counts as a quarrel of automations."""


class Week:
    """What people do, with what must be seen of it on the other side."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._pick = random.Random(1)
        self.untouched = {world.add_ticket(status=word): word for word in UNTOUCHED}
        self.solved = world.add_ticket(status="Open")
        self.moved_there = {world.add_ticket(status="Open"): cycle(THERE) for _ in range(4)}
        self.moved_here = {world.add_ticket(status="Open"): cycle(HERE) for _ in range(4)}
        self.statuses = dict.fromkeys(self.moved_there, "open")
        self.titles: dict[str, str] = {}
        self.descriptions: dict[str, tuple[int, str]] = {}
        self.notes: list[tuple[str, str]] = []
        self.sent: list[tuple[str, str]] = []

    def work(self, number: int) -> None:
        """What happens before a run, by its number."""
        there, here = self._any(self.moved_there), self._any(self.moved_here)
        word, status = next(self.moved_there[there]), next(self.moved_here[here])
        self.world.edit(there, status=word)
        self.statuses[there] = THERE[word]
        self.world.set_local(here, status=status)
        self.sent.append((here, HERE[status]))
        case = self._any({**self.moved_here, **self.moved_there})
        self.titles[case] = f"Title {number}"
        self.world.edit(case, title=self.titles[case])
        case = self._any({**self.moved_here, **self.moved_there})
        self.descriptions[case] = number, f"Description {number}"
        self.world.edit(case, description=f"Description {number}")
        case = self._any({**self.moved_here, **self.moved_there})
        self.notes.append((case, f"Note {number}"))
        self.world.add_note(case, f"Note {number}")
        if number == DAY:
            self.world.set_local(self.solved, status="resolved")
            self.sent.append((self.solved, "Solved"))

    def run(self) -> None:
        """The next run, six hours after the last one."""
        self.world.pass_time(BETWEEN_S - 400)
        self.world.execute(
            "UPDATE qcontact_listed_row SET looked_at = looked_at - interval '6 hours'"
        )
        self.world.execute("UPDATE qcontact_run SET opened_at = opened_at - interval '6 hours'")
        result = self.world.run()
        assert result.status == "success", result.error_message

    def check(self, number: int) -> None:
        """After each run: what rows show is there, and what they do not show within a day."""
        statuses = {case: self.world.local(case)["status"] for case in self.moved_there}
        assert statuses == self.statuses
        for case, title in self.titles.items():
            assert self.world.local(case)["title"] == title
        for case, (written, text) in self.descriptions.items():
            if number - written >= DAY:
                assert self.world.local(case)["description"] == text

    def _any(self, cases: Iterable[str]) -> str:
        return self._pick.choice(list(cases))


def patches(world: World) -> list[tuple[str, str]]:
    return [(case, body["fields"]["status"]) for case, body in world.patches()]


def test_in_a_week_nothing_is_lost_doubled_or_sent_that_nobody_changed(tenant: World) -> None:
    week = Week(tenant)
    tenant.run()
    for number in range(RUNS):
        week.work(number)
        week.run()
        week.check(number)
    assert sorted(patches(tenant)) == sorted(week.sent)
    arrived = [(case, text) for case in tenant.qcontact.tickets for text in tenant.notes_at(case)]
    assert sorted(arrived) == sorted(week.notes)
    kept = {case: tenant.remote(case)["status"] for case in week.untouched}
    assert kept == week.untouched
    solved = tenant.remote(week.solved)["status"], tenant.local(week.solved)["status"]
    assert solved == ("Closed", "resolved")
    assert tenant.value("SELECT count(*) FROM tickets") == len(tenant.qcontact.tickets)
    assert (tenant.conflicts(), tenant.quarantine()) == ([], {})
    before = tenant.tickets_snapshot(), len(tenant.sent())
    week.run()
    assert (tenant.tickets_snapshot(), len(tenant.sent())) == before
