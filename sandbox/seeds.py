"""Invented tickets of a South African fibre operator: the same seed gives the same tickets.

Streets, numbers and people are made up: telephone numbers use the area code 00, which does not
exist, and every e-mail address ends in ``example.test``.
"""

import random
import re
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

from sandbox.instants import SECOND

DAY = 86_400 * SECOND
FIRST_ID = 21_924_300_001
REFERENCE = re.compile(r"FT\d{6,}")

STATUSES = (
    "New", "Open", "Pending", "Pending Customer", "Pending Customer Response", "Assigned",
    "In Progress", "Escalated", "Pending Company Response", "In Review", "Reviewed", "Solved",
    "Resolved", "Closed", "Cancelled", "Unsolved - No Response",
)  # fmt: skip
UNKNOWN_STATUSES = ("On Hold - Vendor", "Parked")
OTHER_SPELLINGS = ("in_progress", "InProgress", "open", "CLOSED", "pending-customer", "in_review")
PRIORITIES = ("normal", "Normal", "medium", "high", "HIGH", "low", "Low", "urgent", "Critical")
UNKNOWN_PRIORITIES = ("P2", "asap", "")
CATEGORIES = (
    "Connectivity::ONT/Gizzu", "Connectivity::No Light", "General|Maintenance", "maintenance",
    "Maintenance", "NewInstallation", "new_installation", "installation", "modification",
    "ont_swap", "incident", "Incident", "Billing::Refund",
)  # fmt: skip
SUBCATEGORIES = ("ONT/Gizzu", "No Light", "Slow Speed", "Drop Cable", "Router")
STAFF = (
    "Thandi Mokoena", "Pieter van der Berg", "Lerato Khumalo", "Yusuf Adams", "Naledi Dlamini",
    "Johan Botha", "Priya Naidoo", "Sipho Ndlovu",
)  # fmt: skip
FIRST_NAMES = (
    "Ayanda", "Bongani", "Chantelle", "Dineo", "Elmarie", "Fatima", "Gugu", "Hendrik", "Imraan",
    "Jabulani", "Karabo", "Liezl", "Mpho", "Nomsa", "Ruan", "Zanele", "Anél", "Kobus",
)  # fmt: skip
SURNAMES = (
    "Testane", "Voorbeeld", "Demokazi", "Samplesen", "Proefstuk", "Mokgatla-Test", "Fiktief",
    "Examplez", "Nxumalo-Demo", "Pillay-Sample",
)  # fmt: skip
STREETS = ("Protea", "Jacaranda", "Marula", "Kiepersol", "Aloe", "Umdoni", "Milkwood", "Baobab")
FAULTS = (
    "No internet since this morning", "ONT shows red LOS light", "Gizzu unit does not charge",
    "Slow speed in the evening", "Drop cable hangs low over the road", "New installation",
    "Move ONT to another room", "ONT swap", "Pole leaning after storm", "Intermittent connection",
    "Fibre cut by contractor", "Wi-Fi only in one room", "Line test requested",
)  # fmt: skip
DETAILS = (
    "Customer restarted the ONT twice, no change.", "Power is on, PON light blinks.",
    "Technician must phone before arrival.\r\nGate code at security.", "Dogs on the property.",
    "Load shedding until 14:30; Gizzu was empty.", "Customer wants a call back after 17:00 🙏",
    "<p>Reported by e-mail &amp; confirmed by phone.</p>", "Rx level below -27 dBm at last test.",
    "Kliënt sê die lyn is af sedert gisteraand.", "  Second visit.  ",
)  # fmt: skip


class Area(NamedTuple):
    suburb: str
    city: str
    latitude: float
    longitude: float


AREAS = (
    Area("Lawley", "Johannesburg", -26.383, 27.806),
    Area("Soweto", "Johannesburg", -26.267, 27.858),
    Area("Fourways", "Johannesburg", -26.019, 28.006),
    Area("Hatfield", "Pretoria", -25.749, 28.238),
    Area("Mamelodi", "Pretoria", -25.721, 28.396),
    Area("Mohadin", "Potchefstroom", -26.727, 27.062),
    Area("Khayelitsha", "Cape Town", -34.040, 18.677),
    Area("Bellville", "Cape Town", -33.900, 18.629),
    Area("Umlazi", "Durban", -29.970, 30.884),
    Area("Umhlanga", "Durban", -29.726, 31.066),
    Area("Summerstrand", "Gqeberha", -34.000, 25.675),
    Area("Bloemspruit", "Bloemfontein", -29.110, 26.300),
)


class Seed(NamedTuple):
    id: str
    fields: dict[str, Any]
    created: int
    updated: int


def make_tickets(count: int, seed: int, until: int) -> Iterator[Seed]:
    """Yield `count` tickets changed in the four months before `until` (microseconds)."""
    chance = random.Random(seed)
    bulk_edit = until - 9 * DAY  # one stamp that many tickets share
    for number in range(count):
        updated = bulk_edit if number % 20 == 7 else until - chance.randrange(SECOND, 120 * DAY)
        created = updated - chance.randrange(30 * DAY)
        yield Seed(str(FIRST_ID + number), _ticket(chance, number), created, updated)


def _ticket(chance: random.Random, number: int) -> dict[str, Any]:
    area = chance.choice(AREAS)
    status = _status(chance, number)
    return {
        "title": _title(chance, number, area),
        "description": _description(chance, number),
        "status": status,
        "priority": chance.choice(UNKNOWN_PRIORITIES if number % 43 == 5 else PRIORITIES),
        "category": chance.choice(CATEGORIES) if number % 17 else None,
        "subcategory": chance.choice(SUBCATEGORIES) if number % 3 == 0 else None,
        "assigned_to": None if status in ("New", "Open", "open") else _assignee(chance, number),
        "address": f"{chance.randrange(1, 400)} {chance.choice(STREETS)} Street, "
        f"{area.suburb}, {area.city}",
        **_customer(chance, number),
        "custom_fields": _custom_fields(chance, number, area) if number % 23 else None,
    }


def _status(chance: random.Random, number: int) -> str:
    if number < len(STATUSES):
        return STATUSES[number]
    if number % 41 == 3:
        return chance.choice(UNKNOWN_STATUSES)
    return chance.choice(OTHER_SPELLINGS if number % 13 == 4 else STATUSES)


def _assignee(chance: random.Random, number: int) -> str:
    return "Former Colleague" if number % 37 == 6 else chance.choice(STAFF)


def _title(chance: random.Random, number: int, area: Area) -> str:
    title = f"{chance.choice(FAULTS)} - {area.suburb}"
    if number % 101 == 50:
        return title + " (see the whole history of calls)" * 8  # past FibreFlow's 255
    if number % 3 == 0:
        # Every 63rd case was logged twice under one reference.
        return f"{title} FT{499_000 + (number - 3 if number % 63 == 33 else number)}"
    return title


def _description(chance: random.Random, number: int) -> str | None:
    if number % 11 == 10:
        return None
    text = " ".join(chance.sample(DETAILS, chance.randrange(1, 4)))
    return text + "\u0000 (pasted from a terminal)" if number % 97 == 60 else text


def _customer(chance: random.Random, number: int) -> dict[str, Any]:
    first, last = chance.choice(FIRST_NAMES), chance.choice(SURNAMES)
    name, mailbox = f"{first} {last}", f"{first}.{last}".lower().replace("é", "e")
    return {
        "customer_name": name,
        "customer_phone": f"+27 00 {chance.randrange(1000):03} {chance.randrange(10_000):04}",
        "customer_email": f"{mailbox}.{number}@example.test" if number % 7 else None,
    }


def _custom_fields(chance: random.Random, number: int, area: Area) -> dict[str, Any]:
    latitude = area.latitude + chance.uniform(-0.02, 0.02)
    longitude = area.longitude + chance.uniform(-0.02, 0.02)
    known: dict[str, Any] = {
        "dr_number": f"DR17{chance.randrange(100_000):05}",
        "pole_number": f"{area.suburb[:3].upper()}.P.{chance.choice('ABCDE')}{number % 1000:03}",
        "pon_number": str(chance.randrange(1, 200)) if number % 5 else None,
        "gps_coordinates": f"{latitude:.6f},{longitude:.6f}" if number % 29 else "see map",
        "ont_serial": f"ALCLB{chance.getrandbits(32):08X}" if number % 4 else None,
        "project_id": str(uuid.UUID(int=chance.randrange(8), version=4)),
        "zone_id": f"{area.suburb}-{number % 30:02}" if number % 9 == 2 else None,
    }
    if number % 6 == 1:
        known["c__availability"] = chance.choice(["Weekdays", "After 17:00", {"from": "08:00"}])
    return known
