"""F: the same pages fetched by aiohttp and dropped. ``PAGES CONNECTIONS``.

QContact is in QCONTACT_API_URL.
"""

import asyncio
import os
import sys

import aiohttp

from tests.benchmarks.measuring import measured
from tests.benchmarks.tickets import PAGE


async def fetch(url: str, pages: int, connections: int) -> None:
    """Fetch every page once, ``connections`` at a time."""
    numbers = iter(range(1, pages + 1))
    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def work() -> None:
            for number in numbers:
                query = {"page": number, "page_size": PAGE}
                async with session.get(f"{url}/tickets", params=query) as response:
                    response.raise_for_status()
                    await response.read()

        await asyncio.gather(*(work() for _ in range(connections)))


if __name__ == "__main__":
    with measured():
        asyncio.run(fetch(os.environ["QCONTACT_API_URL"], int(sys.argv[1]), int(sys.argv[2])))
