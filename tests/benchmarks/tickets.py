"""The tickets that everybody reads and writes: the same ones for ours, the floors and the peers."""

import random
from datetime import UTC, datetime, timedelta

WORDS = (
    "fibre", "splice", "drop", "pole", "cabinet", "install", "fault", "signal", "customer",
    "called", "technician", "visit", "router", "replaced", "pending", "escalated", "address",
    "gate", "access", "power", "outage", "zone", "crew",
)  # fmt: skip
STATUSES = ("New", "Open", "Assigned", "In Progress", "Solved", "Closed")
PRIORITIES = ("low", "normal", "high", "urgent")
CATEGORIES = ("maintenance", "installation", "incident")
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
SPAN_S = 25_000_000
PAGE = 100


def ticket(number: int, count: int) -> dict[str, object]:
    """Return the ticket of this number (from 1) of a list of ``count``; about 800 bytes of JSON."""
    pick = random.Random(number)
    return {
        "id": f"TKT-{number:08d}",
        "title": " ".join(pick.choices(WORDS, k=6)),
        "description": " ".join(pick.choices(WORDS, k=32))[:200],
        "status": pick.choice(STATUSES),
        "priority": pick.choice(PRIORITIES),
        "created_at": "2025-12-31T08:00:00Z",
        "updated_at": stamp(number, count),
        "customer_name": f"Customer {number}",
        "customer_phone": f"+2782{number:07d}",
        "customer_email": f"customer{number}@example.test",
        "address": f"{number % 999} Main Road, Suburb {number % 77}, Town {number % 13}",
        "assigned_to": f"agent-{number % 40}",
        "category": pick.choice(CATEGORIES),
        "subcategory": "no-sync",
        "custom_fields": {
            "dr_number": f"DR{1_700_000 + number}",
            "pole_number": f"POL.{number % 50_000:05d}",
            "pon_number": f"PON-{number % 512}",
            "project_id": f"00000000-0000-4000-8000-{number % 30:012d}",
            "zone_id": f"00000000-0000-4000-9000-{number % 200:012d}",
        },
    }


def stamp(number: int, count: int) -> str:
    """Return when the ticket changed: evenly spread over ten months, whole seconds."""
    moment = FIRST + timedelta(seconds=number * SPAN_S // (count + 1))
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
