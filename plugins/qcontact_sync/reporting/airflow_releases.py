"""Which releases of Airflow are supported, and what each lacks.

docs/compatibility.md says the same; `on_airflow.version_compat` does what this says.
"""

Release = tuple[int, int]

OLDEST: Release = (3, 1)
NEWEST: Release = (3, 3)

LACKS: dict[Release, tuple[str, ...]] = {
    (3, 1): (
        "no Deadline Alert with a reference of its own: qcontact_sync_monitor reports a late run, "
        "up to an hour later",
        "the connection form shows no limits: a wrong number is refused when the connection is "
        "used",
    ),
    (3, 2): (),
    (3, 3): (),
}
"""By release; the newest one lacks nothing."""


def named(release: Release) -> str:
    """As people write it."""
    return ".".join(map(str, release))
