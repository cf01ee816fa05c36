"""The seeded tickets as cases: labels, queues and DR numbers as a tenant has them."""

import random
from collections.abc import Iterable, Iterator
from typing import Any

from sandbox.cases import FIRST_REFERENCE
from sandbox.directory import QUEUES
from sandbox.seeds import FIRST_ID, STAFF, Seed

SUBJECTS = (
    "Connection Issue", "No Internet", "Slow Speed", "Installation", "ONT Swap", "Router Fault",
    "Fibre Cut", "Relocation", "Intermittent Connection", "Gizzu Fault",
)  # fmt: skip


def as_cases(seeds: Iterable[Seed], seed: int) -> Iterator[Seed]:
    """Dress each ticket as a case; the same seed gives the same cases."""
    for ticket in seeds:
        number = int(ticket.id) - FIRST_ID
        chance = random.Random(seed * 1_000_003 + number)
        yield ticket._replace(fields={**ticket.fields, **_case(chance, number, ticket.fields)})


def _case(chance: random.Random, number: int, ticket: dict[str, Any]) -> dict[str, Any]:
    # Every 63rd case was logged twice under one reference.
    reference = f"FT{FIRST_REFERENCE + (number - 3 if number % 63 == 33 else number)}"
    subject = "" if number % 9 == 4 else chance.choice(SUBJECTS)
    title = ticket["title"] if number % 101 == 50 else subject
    return {
        "title": f"{title} {reference}",
        "assigned_to": _assignee(chance, number),
        "customer_name": None if number % 19 == 8 else ticket["customer_name"],
        "custom_fields": _custom_fields(chance, number, ticket["custom_fields"]),
    }


def _assignee(chance: random.Random, number: int) -> str | None:
    """Most wait in the first queue; some in others, some with a person, a few nowhere."""
    if number % 10 < 7:
        return next(iter(QUEUES.values()))
    if number % 29 == 9:
        return None
    return chance.choice([*QUEUES.values(), *STAFF])


def _custom_fields(
    chance: random.Random, number: int, ticket: dict[str, Any] | None
) -> dict[str, Any] | None:
    if ticket is None:
        return None
    dr_number = ticket["dr_number"]
    spelled = {
        3: dr_number[:-2],
        5: dr_number.lower(),
        7: f"{dr_number[:2]} {dr_number[2:]}",
    }.get(number % 10, dr_number)
    return {
        **ticket,
        "dr_number": None if number % 31 == 12 else spelled,
        "gps_coordinates": ticket["gps_coordinates"] if number % 3 else None,
        "c__field_agent": chance.choice(STAFF) if number % 8 == 2 else None,
        "c__c_tv_connector": chance.choice(["Yes", "No"]) if number % 5 == 1 else None,
    }
