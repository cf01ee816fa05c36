"""What a mapping changes in what is read: further columns, customers' data, titles, people."""

import pytest
from qcontact_sync.config.access import Dialect
from qcontact_sync.config.mapping_file import parse_mapping
from qcontact_sync.core.built_in import ENTITIES, TICKETS
from qcontact_sync.qcontact.decode import build_ticket
from qcontact_sync.qcontact.entities_decode import build_case

PERSON = """
[assignment]
queues = ["Team North", "77"]
[[assignment.people]]
name = "Ann Example"
user = "00000000-0000-4000-8000-000000000001"
qcontact_id = "55"
"""
CUSTOMER = """
[columns.client_name]
source = "customer_name"
[columns.client_contact]
source = "customer_phone"
[columns.client_email]
source = "customer_email"
"""


def ticket(text="", **fields):
    mapping = parse_mapping(text, "fibreflow", Dialect.TICKETS)
    return build_ticket({"id": 1, "title": "No light", **fields}, mapping)


def case(text="", label="No light FT499061", relationships=None, **fields):
    mapping = parse_mapping(text, "fibreflow", Dialect.ENTITIES)
    received = {"id": 1, "label": label, "fields": fields, "relationships": relationships or {}}
    return build_case(received, mapping)


def test_without_a_file_nothing_else_is_read():
    received = {"customer_name": "Zoe", "custom_fields": {"access": "gate"}}
    assert not {"Zoe", "gate"} & set(ticket(**received).values.values())
    assert "Zoe" not in str(case(telephone="Zoe", c__access="gate").values)


@pytest.mark.parametrize("read", [ticket, case], ids=["tickets", "entities"])
def test_a_customers_data_comes_in_where_the_file_names_columns_and_never_into_the_audit(read):
    given = (
        {"customer_name": "Zoe", "customer_phone": 27820000000, "customer_email": "z@example.test"}
        if read is ticket
        else {
            "telephone": 27820000000,
            "email": "z@example.test",
            "contact": 9,
            "relationships": {"contact": {"id": 9, "label": "Zoe"}},
        }
    )
    found = read(CUSTOMER, **given)
    columns = ("client_name", "client_contact", "client_email")
    assert [found.values[name] for name in columns] == ["Zoe", "27820000000", "z@example.test"]
    shown = str(found.payload)
    assert not any(part in shown for part in ("Zoe", "2782", "example.test"))


@pytest.mark.parametrize("read", [ticket, case], ids=["tickets", "entities"])
def test_several_columns_may_have_one_source_and_an_absent_one_fills_none(read):
    text = (
        '[columns.category]\nsource = "category"\nkind = "category"\n'
        '[columns.subcategory]\nsource = "category"\nkind = "subcategory"\n'
    )
    found = read(text, category="Connectivity::ONT")
    names = ("ticket_type", "category", "subcategory")
    assert {found.values[name] for name in names} == {"Connectivity::ONT"}
    assert not set(names) & set(read(text).values)


def test_a_custom_field_may_be_a_record_whose_name_counts():
    text = '[custom_fields]\n"c__field_agent.label" = "agent"\nc__access = "access_notes"\n'
    record = {"c__field_agent": {"id": 3, "label": "Ben Example"}}
    found = case(text, relationships=record, c__field_agent=3, c__access="gate 2")
    assert (found.values["agent"], found.values["access_notes"]) == ("Ben Example", "gate 2")
    none = case(text, relationships={"c__field_agent": None}, c__field_agent=None)
    assert none.values["agent"] is None


@pytest.mark.parametrize("label", ["No light FT499061", "FT499061 No light"])
@pytest.mark.parametrize("read", [ticket, case], ids=["tickets", "entities"])
def test_the_reference_is_the_title_and_the_subject_stands_above_the_description(read, label):
    name = {"title": label} if read is ticket else {"label": label}
    text = '[ticket]\ntitle = "reference"\n[columns.case_number]\nsource = "reference"\n'
    found = read(text, **name, description="since Monday")
    assert found.values["title"] == found.values["case_number"] == "FT499061"
    assert found.values["description"] == "No light\n\nsince Monday"
    assert read(text, **name, description=None).values["description"] == "No light"
    assert "description" not in read(text, **name).values


@pytest.mark.parametrize("read", [ticket, case], ids=["tickets", "entities"])
def test_a_ticket_without_a_reference_keeps_its_subject(read):
    name = {"title": "No light"} if read is ticket else {"label": "No light"}
    found = read('[ticket]\ntitle = "reference"\n', **name, description="x")
    assert (found.values["title"], found.values["description"]) == ("No light", "x")


def test_a_person_is_known_by_the_number_whatever_the_name_shows():
    relationships = {"assigned_to": {"id": 55, "label": "A. Example (Field)"}}
    found = case(PERSON, relationships=relationships, assigned_to=55)
    assert found.values["assigned_to"] == "Ann Example"


@pytest.mark.parametrize(
    ("number", "label"), [(77, "Anything"), (78, "Team North")], ids=["by number", "by name"]
)
def test_a_queue_is_no_person(number, label):
    relationships = {"assigned_to": {"id": number, "label": label}}
    found = case(PERSON, relationships=relationships, assigned_to=number)
    assert found.values["assigned_to"] is None
    assert ticket(PERSON, assigned_to="Team North").values["assigned_to"] is None
    assert ticket(PERSON, assigned_to="Ann Example").values["assigned_to"] == "Ann Example"


def test_an_absent_assignee_stays_absent():
    assert "assigned_to" not in ticket(PERSON).values
    assert "assigned_to" not in case(PERSON).values


def test_the_built_in_rules_name_no_column_twice():
    for mapping in (TICKETS, ENTITIES):
        assert len(set(mapping.owned_fields)) == len(mapping.columns)
