"""XN2: a certificate that does not verify is never accepted, and not asked for twice."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr
from qcontact_sync.core.errors import ErrorCode, FatalError
from qcontact_sync.qcontact.tickets_dialect import open_client

from tests.integration.qcontact.scripted_server import KEY, reply


@pytest.fixture
def self_signed(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


async def test_an_unknown_issuer_is_fatal_and_nothing_is_sent(self_signed, script, options, clock):
    script.answer(reply(204))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", script.handle)
    async with TestServer(app, scheme="https") as server:
        await server.start_server(ssl=self_signed)
        url = str(server.make_url("/"))
        async with open_client(url=url, key=SecretStr(KEY), options=options) as client:
            with pytest.raises(FatalError) as caught:
                await client.check()
    assert caught.value.code is ErrorCode.NETWORK_ERROR
    assert script.seen == []
    assert clock.slept == []
