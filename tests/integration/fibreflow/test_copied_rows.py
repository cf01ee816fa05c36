"""New tickets are copied into the tables where nothing can keep a row out unnoticed."""

import asyncio

import pytest
from qcontact_sync.fibreflow.database import Database

ODD = 'a\\b\\N\tc\nd\r\n\\. "e" \u2603'
FUNCTION = """
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
"""
BEFORE = "CREATE TRIGGER keep BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION keep();"
HARMLESS = {
    "nothing": "SELECT",
    "an after trigger": FUNCTION
    + "CREATE TRIGGER keep AFTER INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION keep();",
    "a trigger of updates": FUNCTION
    + "CREATE TRIGGER keep BEFORE UPDATE ON tickets FOR EACH ROW EXECUTE FUNCTION keep();",
    "a trigger that is off": FUNCTION
    + BEFORE.format("tickets")
    + "ALTER TABLE tickets DISABLE TRIGGER keep;",
}
MAY_DROP = {
    "a trigger": FUNCTION + BEFORE.format("tickets"),
    "a trigger of the audit": FUNCTION + BEFORE.format("qcontact_sync_log"),
    "a rule": "CREATE RULE keep AS ON INSERT TO tickets WHERE false DO INSTEAD NOTHING",
    "policies": "ALTER TABLE tickets ENABLE ROW LEVEL SECURITY",
    "a view": "ALTER TABLE tickets RENAME TO rows; CREATE VIEW tickets AS SELECT * FROM rows",
}


def may_copy(world) -> bool:
    async def ask() -> bool:
        database = Database(world.database)
        try:
            return (await database.read("may_copy"))[0]["may_copy"]
        finally:
            await database.close()

    return asyncio.run(ask())


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_a_plain_table_is_copied_into(world, change):
    world.execute(change)
    assert may_copy(world)


@pytest.mark.parametrize("change", MAY_DROP.values(), ids=MAY_DROP)
def test_a_table_that_may_drop_a_row_is_not(world, change):
    world.execute(change)
    assert not may_copy(world)


def test_a_copied_ticket_is_the_one_that_a_statement_writes(world):
    """The second one comes in with a trigger, and so by a statement; nothing else differs."""
    fields = {
        "description": ODD,
        "status": "Solved",
        "custom_fields": {"gps_coordinates": "-26.2, 28.5", "dr_number": "DR\\1", "zone_id": "no"},
    }
    copied = world.add_ticket(**fields)
    world.run()
    world.execute(MAY_DROP["a trigger"])
    stated = world.add_ticket(**fields)
    world.run()
    assert seen(world, copied) == seen(world, stated)
    assert world.local(copied)["description"] == ODD.replace("\r\n", "\n")


def seen(world, remote_id):
    """What stands in the three tables, without what every ticket has of its own."""
    ticket, (audit,) = world.local(remote_id), world.audit(remote_id)
    (link,) = world.rows("SELECT * FROM qcontact_ticket_link WHERE remote_id = %s", remote_id)
    own = {"id", "ticket_uid", "external_id", "ticket_id", "remote_id", "qcontact_ticket_id"}
    own |= {"inbound_job_id", "received"}
    stamped = {name for row in (ticket, audit, link) for name in row if name.endswith("_at")}
    assert ticket["closed_at"] is not None
    payload = {k: v for k, v in audit["response_payload"].items() if not k.endswith("_at")}
    return [
        {
            name: value
            for name, value in row.items()
            if name not in own | stamped | {"inbound_job_id"}
        }
        for row in (ticket, {**audit, "response_payload": payload | {"id": None}}, link)
    ]
