"""Ours: one comparison of every ticket, as `qcontact-sync compare` makes it.

The database is in DATABASE_URL, QContact in QCONTACT_API_URL; settings as ever.
"""

from qcontact_sync import jobs
from qcontact_sync.config.access import access_from_env
from qcontact_sync.config.settings import load_settings

from tests.benchmarks.measuring import measured


def main() -> None:
    """Compare, and tell how many tickets there were and how many are the same."""
    settings = load_settings()
    with measured() as measurement:
        tally = jobs.compare_tickets(*access_from_env(), settings, lambda _: None)
        counts = tally.to_dict()
        measurement.facts |= {"tickets": counts["tickets"], "same": counts["same"]}


if __name__ == "__main__":
    main()
