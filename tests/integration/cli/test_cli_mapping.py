"""`qcontact-sync mapping`: the rules, and a check of a file before it is used."""

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

NEW = """
[status.inbound]
Escalated = "escalated"
[status.rank]
escalated = 2
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mapping.toml"
    path.write_text(NEW)
    return str(path)


def statuses(document):
    return {row["qcontact"]: row["fibreflow"] for row in document["statuses"]}


def test_the_rules_are_shown_without_either_side(program):
    alone = program.having(DATABASE_URL="", QCONTACT_API_URL="", QCONTACT_API_KEY="")
    ended = alone("mapping", "--json")
    assert ended.exit_status == 0
    assert statuses(ended.document)["Escalated"] == "in_progress"
    shown = alone("mapping")
    assert shown.exit_status == 0
    (line,) = [line for line in shown.stdout.splitlines() if line.split()[:1] == ["Escalated"]]
    assert "in_progress" in line
    assert "QContact keeps Escalated; only a change in FibreFlow is sent" in line


def test_the_rules_are_those_of_the_dialect_and_the_file(program, file):
    given = program.having(QCONTACT_DIALECT="entities", QCONTACT_SYNC_MAPPING_FILE=file)
    document = given("mapping", "--json").document
    assert statuses(document)["Escalated"] == "escalated"
    flows = {row["field"]: row["flow"] for row in document["fields"]}
    assert flows["assigned_to"] == "QContact to FibreFlow"
    assert flows["priority"] == "QContact has no such field"


def test_a_file_with_faults_ends_with_2_and_names_them_all(program, tmp_path):
    path = tmp_path / "mapping.toml"
    path.write_text('[status.inbound]\nWaiting = "waiting"\n[constants]\ntitle = "x"\n')
    for call in (["mapping"], ["mapping", "check"], ["run"]):
        ended = program.having(QCONTACT_SYNC_MAPPING_FILE=str(path))(*call, "--json")
        assert ended.exit_status == 2
        error = ended.document["error"]
        assert error["code"] == "CONFIG_ERROR"
        assert "waiting has no rank" in error["message"]
    doctor = program.having(QCONTACT_SYNC_MAPPING_FILE=str(path))("doctor", "--json")
    assert doctor.exit_status == 1
    (check,) = [c for c in doctor.document["checks"] if c["name"] == "settings"]
    assert check["state"] == "failed"
    assert "waiting has no rank" in check["found"]


def test_a_new_file_is_checked_and_its_effect_is_counted(program, file):
    program("run")
    escalated = program("mapping", "check", "--file", file, "--against-live", "--json")
    assert escalated.exit_status == 0
    assert escalated.document["is_usable"]
    effects = escalated.document["effects"]
    assert effects["links"] == 25
    assert {(e["field"], e["now"], e["then"]) for e in effects["effects"]} == {
        ("status", "in_progress", "escalated")
    }
    shown = program("mapping", "check", "--file", file, "--against-live").stdout
    assert "The mapping is valid. This database takes it." in shown
    assert "when one side changes the status" in shown
    nothing = program("mapping", "check", "--against-live").stdout
    assert "No ticket of 25 would show anything else." in nothing


def test_what_the_database_refuses_ends_with_1_and_says_what_to_write(program, file, fibreflow_db):
    from tests.database import rows

    rows(fibreflow_db, "ALTER TABLE tickets ADD CHECK (status <> '') ", ())
    rows(
        fibreflow_db,
        "ALTER TABLE tickets ADD CHECK (status IN ('open', 'assigned', 'in_progress',"
        " 'pending_qa', 'qa_approved', 'resolved', 'closed', 'cancelled'))",
        (),
    )
    ended = program("mapping", "check", "--file", file, "--json")
    assert (ended.exit_status, ended.document["is_usable"]) == (1, False)
    (refused,) = [f for f in ended.document["findings"] if f["verdict"] == "refused"]
    assert "escalated" in refused["text"]
    assert "refuses it" in program("mapping", "check", "--file", file).stdout
