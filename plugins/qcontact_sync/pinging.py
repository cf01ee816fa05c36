"""Telling an outside watchman that a run settled: where he hears nothing for long, he calls."""

import logging

import aiohttp

log = logging.getLogger(__name__)

PATIENCE = aiohttp.ClientTimeout(total=5)


async def ping(url: str) -> None:
    """Ask for the address once; whatever comes of it changes nothing but a line in the log."""
    try:
        async with (
            aiohttp.ClientSession(timeout=PATIENCE) as session,
            session.get(url) as answer,
        ):
            if answer.status >= 400:
                log.warning("ping.refused status=%d", answer.status)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        # The address itself is a secret: who has it can keep the watchman quiet.
        log.warning("ping.failed: %s", type(error).__name__)
