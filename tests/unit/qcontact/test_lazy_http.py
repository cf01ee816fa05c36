"""What talks HTTP is imported by the first request."""

import subprocess
import sys

OPENED = """
import asyncio, sys
from pydantic import SecretStr
from qcontact_sync.config.access import ApiKey, QContactAccess
from qcontact_sync.config.settings import Settings
from qcontact_sync.services import runs
from qcontact_sync.services.wiring import open_remote

async def open_and_close():
    access = QContactAccess("http://localhost:1", ApiKey(SecretStr("key")))
    async with open_remote(access, Settings()):
        pass

asyncio.run(open_and_close())
print(*sys.modules)
"""


def test_an_open_client_without_a_request_imports_no_http() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", OPENED], capture_output=True, text=True, check=True
    )
    loaded = set(ended.stdout.split())
    assert "qcontact_sync.qcontact.tickets_dialect" in loaded
    assert not loaded & {"aiohttp", "tenacity", "qcontact_sync.qcontact.entities_dialect"}
