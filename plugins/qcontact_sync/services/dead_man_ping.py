"""Tells a dead man's switch outside that a run has settled (QCONTACT_SYNC_PING_URL)."""

import logging

import aiohttp

log = logging.getLogger(__name__)

_TIMEOUT = aiohttp.ClientTimeout(total=5)


async def dead_man_ping(url: str) -> None:
    """Request the address once; an error is logged and changes nothing else."""
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as session,
            session.get(url) as answer,
        ):
            if answer.status >= 400:
                log.warning("ping.refused status=%d", answer.status)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        # The address itself is a secret: who has it can keep the watchman quiet.
        log.warning("ping.failed: %s", type(error).__name__)
