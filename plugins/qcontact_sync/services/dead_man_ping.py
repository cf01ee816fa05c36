"""Reports a complete run to an outside dead man's switch (QCONTACT_SYNC_PING_URL)."""

import logging

import aiohttp
from pydantic import SecretStr

log = logging.getLogger(__name__)

_TIMEOUT = aiohttp.ClientTimeout(total=5)


async def dead_man_ping(url: SecretStr) -> None:
    """Request the address once; an error is logged and changes nothing else.

    A redirect is not followed: where it leads, others could read that a run has settled.
    """
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as session,
            session.get(url.get_secret_value(), allow_redirects=False) as answer,
        ):
            if answer.status >= 300:
                log.warning("ping.refused status=%d", answer.status)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        # The address is a secret: anyone who knows it can prevent the outside alarm.
        log.warning("ping.failed: %s", type(error).__name__)
