"""What keeps rows out of FibreFlow's tables though columns and rights are there."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from qcontact_sync.fibreflow.database import Database
from qcontact_sync.services.checks import Check, State

Row = Mapping[str, Any]

_PROBLEMS = {
    "required": "{where} must be filled and has no default, and the sync does not fill it",
    "generated": "{where} is generated, and the sync writes it",
    "computed": "{where} is computed by the view, and the sync writes it",
    "short": "{where} is too short: {detail} characters",
    "view": "{where} is a view that takes no inserts or updates",
    "rule": "{where} has the rule {detail}, with which the sync's statements cannot work",
}
_ADVICE = (
    "give the column a default or more room, drop the rule, or make the view updatable "
    "(an INSTEAD OF trigger): docs/configuration.md"
)
# Too short for some texts only; the others come in.
_TEXTS = frozenset({"title", "dr_number", "pole_number", "pon_number", "ont_serial"})


async def check_writing(database: Database) -> list[Check]:
    """Whether tickets can be written at all, and what may hide rows from the sync."""
    problems = await database.read("unwritable_columns")
    guarded = await database.read("row_security")
    encoding = (await database.read("who_answers"))[0]["encoding"]
    return [*_check_columns(problems), *_check_policies(guarded), *_check_encoding(encoding)]


def _check_columns(problems: Iterable[Row]) -> Iterator[Check]:
    severe, mild = list[Row](), list[Row]()
    for row in problems:
        is_mild = row["problem"] == "short" and row["column_name"] in _TEXTS
        (mild if is_mild else severe).append(row)
    if severe:
        yield Check("tables", State.FAILED, _told(severe), _ADVICE)
    elif mild:
        found = f"{_told(mild)}: tickets with longer texts wait in quarantine"
        yield Check("tables", State.WARNING, found, _ADVICE)
    else:
        yield Check("tables", State.OK, "the sync's rows can be written")


def _told(problems: Iterable[Row]) -> str:
    return "; ".join(
        _PROBLEMS[row["problem"]].format(
            where=".".join(filter(None, (row["name"], row["column_name"]))), detail=row["detail"]
        )
        for row in problems
    )


def _check_policies(guarded: Iterable[Row]) -> Iterator[Check]:
    found = "; ".join(map(_policy, guarded))
    if found:
        yield Check(
            "row security",
            State.WARNING,
            f"policies apply to this user: {found}",
            "let them pass every ticket from QContact, or give the user BYPASSRLS: a ticket whose "
            "row a policy hides or refuses fails",
        )


def _policy(row: Row) -> str:
    if not row["has_policy"]:
        return f"{row['name']} (no policy lets a row pass)"
    if row["restrictive"]:
        return f"{row['name']} (restrictive: {row['restrictive']})"
    return str(row["name"])


def _check_encoding(encoding: str) -> Iterator[Check]:
    if encoding != "UTF8":
        found = f"the database's encoding is {encoding}, not UTF8"
        advice = (
            "move it to a database with UTF8: tickets with characters that it cannot store "
            "wait in quarantine"
        )
        yield Check("encoding", State.WARNING, found, advice)
