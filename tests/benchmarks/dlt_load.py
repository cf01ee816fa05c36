"""dlt's merge of the same tickets. ``PAGES``; runs in dlt's own environment, without our package.

The database is in DATABASE_URL, QContact in QCONTACT_API_URL. Only ``pipeline.run`` is counted.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from tests.benchmarks.measuring import measured

PAGE = 100


def pages(url: str, count: int) -> Iterator[list[Any]]:
    """The tickets, page after page."""
    address = urlsplit(url)
    remote = HTTPConnection(address.hostname or "", address.port or 80)
    for page in range(1, count + 1):
        remote.request("GET", f"/tickets?page={page}&page_size={PAGE}")
        yield json.loads(remote.getresponse().read())["data"]["tickets"]


def main() -> None:
    """Load once into a dataset of its own."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(
            DLT_DATA_DIR=home, RUNTIME__DLTHUB_TELEMETRY="false", RUNTIME__LOG_LEVEL="ERROR"
        )
        import dlt

        tickets = dlt.resource(
            pages(os.environ["QCONTACT_API_URL"], int(sys.argv[1])),
            name="tickets",
            primary_key="id",
            write_disposition="merge",
        )
        pipeline = dlt.pipeline(
            "bench",
            destination=dlt.destinations.postgres(os.environ["DATABASE_URL"]),
            dataset_name="dlt",
            pipelines_dir=home,
        )
        with measured():
            pipeline.run(tickets)


if __name__ == "__main__":
    main()
