"""Accounts that a fleet keeps in step: each with a QContact and a FibreFlow of its own."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from qcontact_sync.jobs import migrate

from dev.airflow.environment import postgres_connection, qcontact_connection
from dev.database.postgres import ensure_database
from dev.demo.counting import BothSides, Change
from dev.demo.fibreflow import query
from dev.settings import RemoteAccess
from sandbox.running import Sandbox, run_sandbox

EDITS_A_SIDE, NOTES = 20, 8
# Behind ours, so that a run's window ends at QContact's clock, which the test lets go on.
CLOCK_OFFSET_S = -86_400


@dataclass(frozen=True, slots=True)
class Account:
    """One account, seen by its people."""

    name: str
    sandbox: Sandbox
    dsn: str

    @property
    def dag_id(self) -> str:
        return f"qcontact_sync_{self.name}"

    def connections(self) -> dict[str, str]:
        """Both connections, as Airflow's processes find them."""
        access = RemoteAccess(self.sandbox.url, self.sandbox.api_key)
        return {
            f"AIRFLOW_CONN_QCONTACT_{self.name.upper()}": qcontact_connection(access),
            f"AIRFLOW_CONN_FIBREFLOW_{self.name.upper()}": postgres_connection(self.dsn),
        }

    def edit_both_sides(self) -> list[Change]:
        """New titles there; here work begins, and of some tickets the customer is told."""
        changes = list(self._edit_there())
        return [*changes, *self._edit_here([change.ticket for change in changes])]

    def _edit_there(self) -> Iterator[Change]:
        for ticket in sorted(self.sandbox.world.tickets)[-EDITS_A_SIDE:]:
            title = f"Called {self.name} once more about {ticket}"
            self.sandbox.world.edit(ticket, title=title)
            yield Change(ticket, "title", title, title)
        self.pass_time()

    def _edit_here(self, taken: Sequence[str]) -> Iterator[Change]:
        free = query(self.dsn, "tickets_to_edit", {"taken": taken, "at_most": EDITS_A_SIDE})
        for number, ticket in enumerate(free):
            query(self.dsn, "set_status", {"id": ticket["id"], "status": "in_progress"})
            yield Change(ticket["external_id"], "status", "in_progress", "In Progress")
            if number < NOTES:
                text = f"{self.name} has begun to work on {ticket['ticket_uid']}."
                query(self.dsn, "add_note", {"ticket_id": ticket["id"], "content": text})
                yield Change(ticket["external_id"], "note", text, text)

    def pass_time(self) -> None:
        """What QContact changed in this very second would be the next run's."""
        world = self.sandbox.world
        world.switch(clock_offset_s=world.switches.clock_offset_s + 2)

    def both_sides(self) -> BothSides:
        """All tickets, here and there."""
        there = self.sandbox.world.tickets
        here: dict[str, list[dict[str, object]]] = {}
        for row in query(self.dsn, "tickets_with_links", {"external_ids": sorted(there)}):
            here.setdefault(row["external_id"], []).append(row)
        notes = {t: [n["content"] for n in self.sandbox.world.notes(t)] for t in there}
        return BothSides(here, there, notes, self.sandbox.world.journal)


@contextmanager
def accounts(server_dsn: str, names: Sequence[str], tickets: int) -> Iterator[list[Account]]:
    """So many accounts with so many tickets each; no two have the same."""
    with ExitStack() as stack:
        found = []
        for seed, name in enumerate(names, 1):
            sandbox = stack.enter_context(
                run_sandbox(tickets=tickets, seed=seed, clock_offset_s=CLOCK_OFFSET_S)
            )
            dsn = ensure_database(server_dsn, f"fleet_{name}")
            migrate(dsn)
            found.append(Account(name, sandbox, dsn))
        yield found


def write_accounts_file(path: Path, found: Sequence[Account], **settings: object) -> None:
    """The one settings file of all of them."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    path.write_text("\n".join(f"[accounts.{a.name}]\n" + "\n".join(lines) for a in found) + "\n")
