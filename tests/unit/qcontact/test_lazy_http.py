"""What talks HTTP is imported by the first request."""

from tests.loaded_modules import loaded_by

OPENED = """
import asyncio
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
"""


def test_an_open_client_without_a_request_imports_no_http() -> None:
    loaded = loaded_by(OPENED)
    assert "qcontact_sync.qcontact.tickets_dialect" in loaded
    assert not loaded & {"aiohttp", "tenacity", "qcontact_sync.qcontact.entities_dialect"}
