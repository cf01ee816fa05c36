"""Certificates of an authority that nobody knows but those who are told."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class Authority:
    """Vouches for servers; `ca_file` is what to trust."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("an authority of the tests")
        ca = _unsigned(self._name, self._name, self._key, lasts=timedelta(days=2)).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        signed = self._with_key_ids(ca, self._key).sign(self._key, hashes.SHA256())
        self.ca_file = directory / "ca.pem"
        self.ca_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def issue(self, host: str, *, lasts: timedelta = timedelta(days=1)) -> Path:
        """A file with a key and the certificate of a server at a name or address.

        Args:
            lasts: From now; less than nothing is over.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._with_key_ids(
            _unsigned(_named(host), self._name, key, lasts).add_extension(
                x509.SubjectAlternativeName([_host(host)]), critical=False
            ),
            key,
        ).sign(self._key, hashes.SHA256())
        pem = self._directory / f"{host}.pem"
        pem.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        return pem

    def _with_key_ids(
        self, builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey
    ) -> x509.CertificateBuilder:
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        subject = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        return builder.add_extension(issuer, critical=False).add_extension(subject, critical=False)


def server_context(pem: Path) -> ssl.SSLContext:
    """What a server needs to prove itself with a file of `Authority.issue`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _unsigned(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, lasts: timedelta
) -> x509.CertificateBuilder:
    begins = datetime.now(UTC) - timedelta(days=10)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(datetime.now(UTC) + lasts)
    )
