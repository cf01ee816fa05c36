"""What a database has is compared with what the sync and the mapping need."""

from dataclasses import replace

import pytest
from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.core.catalogue import HostColumn, HostTable
from qcontact_sync.core.columns import Column
from qcontact_sync.core.schema_fit import SchemaVerdict, examine, words_digest
from qcontact_sync.fibreflow.host_schema import TableNames
from qcontact_sync.fibreflow.needs import NEEDS

NEEDED = NEEDS["fibreflow"]
NAMES = TableNames().by_usual_name()
FITTING = {
    usual: HostTable(
        usual,
        "table",
        {need.column: HostColumn(need.column, "any", need.categories[0]) for need in needs},
    )
    for usual, needs in NEEDED.items()
}


def findings(mapping=TICKETS, **columns):
    """With these columns of tickets in place of the fitting ones; None: without it."""
    changed = {**FITTING["tickets"].columns, **columns}
    kept = {name: column for name, column in changed.items() if column is not None}
    catalogue = {**FITTING, "tickets": replace(FITTING["tickets"], columns=kept)}
    return [(f.verdict, str(f)) for f in examine(catalogue, NEEDED, NAMES, mapping)]


def test_the_contracts_tables_fit():
    assert findings() == []


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        pytest.param(
            {"pon_number": None},
            (SchemaVerdict.LACKS, "tickets has no column pon_number"),
            id="missing",
        ),
        pytest.param(
            {"project_id": HostColumn("project_id", "text", "S")},
            (SchemaVerdict.LACKS, "tickets.project_id has type text"),
            id="type",
        ),
        pytest.param(
            {"title": HostColumn("title", "text", "S", is_generated=True)},
            (SchemaVerdict.CANNOT, "tickets.title is generated, and the sync writes it"),
            id="generated",
        ),
        pytest.param(
            {"priority": HostColumn("priority", "text", "S", words=frozenset({"low", "normal"}))},
            (
                SchemaVerdict.REFUSED,
                "tickets.priority refuses critical, high, urgent; it takes low, normal",
            ),
            id="words",
        ),
        pytest.param(
            {"branch": HostColumn("branch", "text", "S", is_required=True)},
            (
                SchemaVerdict.UNFILLED,
                "tickets.branch must be filled and has no default, and the sync does not fill it",
            ),
            id="required",
        ),
        pytest.param(
            {"title": HostColumn("title", "varchar(90)", "S", room=90)},
            (SchemaVerdict.SHORT, "tickets.title is too short: 90 of 255 characters"),
            id="short",
        ),
    ],
)
def test_what_does_not_fit_is_named(columns, expected):
    assert findings(**columns) == [expected]


def test_a_constant_fills_a_required_column_and_its_words_are_looked_at():
    branch = HostColumn("branch", "text", "S", is_required=True, words=frozenset({"north"}))
    fits = replace(TICKETS, constants={"branch": "north"})
    assert findings(fits, branch=branch) == []
    ((verdict, _),) = findings(replace(TICKETS, constants={"branch": "south"}), branch=branch)
    assert verdict is SchemaVerdict.REFUSED


def test_a_column_of_the_mapping_that_the_table_lacks_is_named():
    mapping = replace(TICKETS, columns=(*TICKETS.columns, Column("client_name", "customer_name")))
    assert findings(mapping) == [
        (SchemaVerdict.LACKS, "tickets has no column client_name, which the mapping names")
    ]


def test_the_lines_for_the_mapping_file_are_given():
    branch = HostColumn("branch", "text", "S", is_required=True)
    tickets = replace(FITTING["tickets"], columns={**FITTING["tickets"].columns, "branch": branch})
    (finding,) = examine({**FITTING, "tickets": tickets}, NEEDED, NAMES, TICKETS)
    assert finding.line == '[constants] branch = "..."'


def test_mappings_that_write_the_same_words_have_one_digest():
    """What else they say does not meet a constraint on words."""
    quiet = replace(TICKETS, notes={})
    other = replace(TICKETS, constants={"branch": "north"})
    assert words_digest(quiet) == words_digest(TICKETS)
    assert words_digest(other) != words_digest(TICKETS)
