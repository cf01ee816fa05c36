"""What holds of the marks wherever FibreFlow's tables are and whatever they are called."""

from tests.integration.sync_world import World


def goes_out_by_mark(world: World) -> None:
    """A change and a note go out with a run that does not compare all tickets.

    Args:
        world: With the triggers; nothing was synced yet.
    """
    changed, noted = (world.add_ticket(status="In Progress") for _ in range(2))
    world.run()
    before = _compared_at(world)
    world.set_local(changed, status="pending_qa")
    world.add_note(noted, "On my way")
    world.run()
    assert world.remote(changed)["status"] == "in_review"
    assert world.notes_at(noted) == ["On my way"]
    assert _compared_at(world) == before


def _compared_at(world: World) -> object:
    return world.value("SELECT compared_at FROM qcontact_full_comparison")
