"""Which releases of Airflow are supported, and what each lacks.

docs/compatibility.md says the same; `on_airflow.version_compat` does what this says.
"""

Release = tuple[int, int]

OLDEST: Release = (3, 1)
NEWEST: Release = (3, 3)

_CLEARED_ALONE = (
    "a direction is cleared alone: clear start_run and finalize with it, so that the run's row "
    "gets the new counts"
)
LACKS: dict[Release, tuple[str, ...]] = {
    (3, 1): (
        "no Deadline Alert with a reference of its own: qcontact_sync_monitor reports a late run, "
        "up to an hour later",
        "the connection form shows no limits: a wrong number is refused when the connection is "
        "used",
        "the connection form has only the standard fields if a connection was tested before the "
        "form was opened: restart the API server",
        "mails do not say when the next run begins, or that the DAG is paused",
        _CLEARED_ALONE,
    ),
    (3, 2): (_CLEARED_ALONE,),
    (3, 3): (),
}
"""By release; the newest one lacks nothing."""


def named(release: Release) -> str:
    """As people write it."""
    return ".".join(map(str, release))
