"""One case by id, and what the model's tickets look like as cases."""

import pytest

from tests.sandbox.case_client import CASES, MAIN_QUEUE, ROOT
from tests.sandbox.sandbox_client import FIRST

pytestmark = pytest.mark.sandbox


def _add(tenant, **fields):
    return tenant.sandbox.world.add(**{"title": "No light", **fields})


def test_detail_shape(tenant):
    id_ = _add(
        tenant,
        title="Connection Issue FT499061",
        status="Pending Company Response",
        priority="urgent",
        category="Connectivity",
        subcategory="ONT/Gizzu",
        description="Red LOS light",
        customer_name="Nomsa Testane",
        customer_phone="+27 00 123 4567",
        customer_email="nomsa@example.test",
        address="1 Aloe Street, Lawley, Johannesburg",
        assigned_to="Thandi Mokoena",
        custom_fields={
            "dr_number": "DR1734315",
            "ont_serial": "ALCLB00000001",
            "gps_coordinates": "-26.38,27.80",
            "project_id": "x",
            "c__availability": "Weekdays",
        },
    )
    detail = tenant.case(id_).json
    assert set(detail) == {
        "id", "entity_type", "label", "icon", "created_at", "fields", "relationships",
    }  # fmt: skip
    assert (detail["id"], len(id_)) == (int(id_), 11)
    fields, related = detail["fields"], detail["relationships"]
    assert "priority" not in fields
    assert fields["status"] == "PendingCompanyResponse"
    assert fields["category"] == "Connectivity::ONT/Gizzu"
    assert fields["reference"] == "FT499061"
    assert fields["description"] == "Red LOS light"
    assert fields["telephone"] == "+27 00 123 4567"
    assert fields["email"] == "nomsa@example.test"
    assert fields["address"] == "1 Aloe Street, Lawley, Johannesburg"
    assert fields["c__serial_number"] == "ALCLB00000001"
    assert fields["c__location_pin"] == "-26.38,27.80"
    assert fields["c__availability"] == "Weekdays"
    assert "project_id" not in fields
    assert related["contact"]["label"] == "Nomsa Testane"
    assert related["assigned_to"]["label"] == "Thandi Mokoena"
    assert related["c__dr_number"]["label"] == "DR1734315"
    for name, entity in related.items():
        assert fields[name] == entity["id"]
        assert {"type", "icon", "entity_type", "deleted"} <= set(entity)
    assert detail == tenant.sandbox.world.case(id_)


def test_relationships_are_null_where_there_is_nothing(tenant):
    id_ = _add(tenant, assigned_to=None)
    detail = tenant.case(id_).json
    assert detail["relationships"] == {"contact": None, "assigned_to": None, "c__dr_number": None}
    assert [detail["fields"][name] for name in detail["relationships"]] == [None] * 3


@pytest.mark.parametrize(
    ("title", "label", "reference"),
    [
        ("Connection Issue FT499061", "Connection Issue FT499061", "FT499061"),
        ("FT499061", " FT499061", "FT499061"),
        (" FT499061", " FT499061", "FT499061"),
        ("No light", "No light FT499030", "FT499030"),
        ("", " FT499030", "FT499030"),
        (None, " FT499030", "FT499030"),
    ],
)
def test_label_and_reference(tenant, title, label, reference):
    detail = tenant.case(_add(tenant, title=title)).json
    assert (detail["label"], detail["fields"]["reference"]) == (label, reference)


@pytest.mark.parametrize(
    ("word", "raw", "shown"),
    [
        ("New", "New", "New"),
        ("pending_customer", "PendingCustomer", "Pending Customer"),
        ("Unsolved - No Response", "UnsolvedNoResponse", "Unsolved - No Response"),
        ("InReview", "InReview", "In Review"),
        ("Parked", "Parked", "Parked"),
        (None, None, None),
    ],
)
def test_status_words(tenant, word, raw, shown):
    id_ = _add(tenant, status=word)
    assert tenant.fields(id_)["status"] == raw
    assert tenant.sandbox.world.row(id_)["status"] == shown


def test_a_new_case_waits_in_the_main_queue_unless_it_says_otherwise(tenant):
    assert tenant.fields(_add(tenant))["assigned_to"] == MAIN_QUEUE
    person = tenant.fields(_add(tenant, assigned_to="Someone New"))["assigned_to"]
    assert person == tenant.sandbox.world.directory.id_of("Someone New")
    assert tenant.get("/_sandbox/directory").json["data"][str(person)] == "Someone New"
    by_number = tenant.case(_add(tenant, assigned_to=person)).json
    assert by_number["relationships"]["assigned_to"]["label"] == "Someone New"


def test_an_id_of_a_stranger_is_the_same_in_every_sandbox(start_tenant):
    ids = {start_tenant().sandbox.world.directory.id_of("Someone New") for _ in range(2)}
    assert len(ids) == 1


def test_an_agent_may_set_remove_and_add_any_field(tenant):
    world, id_ = tenant.sandbox.world, _add(tenant, customer_email="a@example.test")
    world.edit(id_, reference="FT000001", c__new=[1], label="Odd", remove=["customer_email"])
    detail = tenant.case(id_).json
    assert (detail["label"], detail["fields"]["reference"]) == ("Odd", "FT000001")
    assert detail["fields"]["c__new"] == [1]
    assert "email" not in detail["fields"]
    world.edit(id_, remove=["title", "created_at", "status"])
    assert {"created_at"}.isdisjoint(tenant.case(id_).json)
    assert {"status", "__status"}.isdisjoint(world.row(id_))


def test_flat_records_of_older_times(start_tenant):
    client = start_tenant(detail_shape="flat")
    detail = client.case(_add(client, custom_fields={"dr_number": "DR1734315"})).json
    assert "fields" not in detail
    assert {"status", "reference", "assigned_to", "relationships"} <= set(detail)
    assert isinstance(detail["c__dr_number"], int)


@pytest.mark.parametrize("present", [True, False])
def test_a_detail_may_have_the_time_of_its_change(start_tenant, present):
    client = start_tenant(detail_updated_at=present)
    client.sandbox.world.edit(FIRST, description="Changed")
    shown = client.case(FIRST).json.get("updated_at")
    assert shown == (client.sandbox.world.ticket(FIRST)["updated_at"] if present else None)


def test_relationships_may_be_null_or_absent(start_tenant):
    client = start_tenant(relationships="null")
    assert set(client.case(FIRST).json["relationships"].values()) == {None}
    client.sandbox.world.switch(relationships="absent")
    assert "relationships" not in client.case(FIRST).json


@pytest.mark.parametrize("zone", ["+02:00", "none"])
def test_stamps_can_carry_an_offset_or_no_zone(start_tenant, zone):
    client = start_tenant(time_zone=zone)
    created = client.sandbox.world.ticket(FIRST)["created_at"]
    assert (
        client.case(FIRST).json["created_at"]
        == created
        == client.sandbox.world.row(FIRST)["created_at"]
    )


def test_a_stale_case_by_id(tenant):
    before = tenant.case(FIRST).json
    tenant.sandbox.world.edit(FIRST, status="Escalated")
    tenant.sandbox.world.faults.add(do="stale", ticket_id=FIRST)
    assert tenant.case(FIRST).json == before
    assert tenant.fields(FIRST)["status"] == "Escalated"


@pytest.mark.parametrize(
    "path",
    [
        f"{CASES}/99999999999", f"{CASES}/{FIRST}/activities", f"{CASES}/99999999999/events",
        "/tickets", "/health", f"{ROOT}/entities/Person",
    ],
)  # fmt: skip
def test_what_does_not_exist_is_404(tenant, path):
    answer = tenant.get(path)
    assert (answer.status, len(answer.errors)) == (404, 1)


def test_a_deleted_case_is_gone(tenant):
    tenant.sandbox.world.delete(FIRST)
    assert tenant.case(FIRST).status == 404
    assert FIRST not in tenant.listed_ids()


def test_entity_type_lists_fields_or_is_404(start_tenant):
    client = start_tenant()
    names = {field["name"] for field in client.get(f"{ROOT}/entity_types/Case").json["fields"]}
    assert {"status", "c__serial_number", "c__availability"} <= names
    client.sandbox.world.switch(entity_types="404")
    assert client.get(f"{ROOT}/entity_types/Case").status == 404


def test_ids_of_cases_are_numbers(tenant):
    with pytest.raises(ValueError, match="T-1"):
        _add(tenant, ticket_id="T-1")


def test_health_of_the_sandbox_needs_no_key(tenant):
    assert tenant.ask("GET", "/_sandbox/health", Authorization="").status == 200
