"""Certificates for servers on this machine, which vouch for themselves."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def self_signed(
    path: Path, *, not_after: datetime | None = None, lives: timedelta = timedelta(days=2)
) -> Path:
    """Write a certificate for 127.0.0.1 and ::1, and its key, that no authority has signed.

    It was given out so long before its end, which is tomorrow if none is given.
    """
    x509, hashes, serialization, ec = (
        pytest.importorskip(f"cryptography.{name}", reason="needs cryptography")
        for name in (
            "x509",
            "hazmat.primitives.hashes",
            "hazmat.primitives.serialization",
            "hazmat.primitives.asymmetric.ec",
        )
    )
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    end = not_after or datetime.now(UTC) + timedelta(days=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(end - lives)
        .not_valid_after(end)
    )
    for extension, critical in _extensions(x509, key.public_key()):
        builder = builder.add_extension(extension, critical)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + builder.sign(key, hashes.SHA256()).public_bytes(pem))
    return path


def _extensions(x509: Any, public: Any) -> list[tuple[Any, bool]]:  # noqa: ANN401 -- it may be missing
    """Give what a strict client wants to see on one that is its own authority."""
    uses = ("digital_signature", "key_cert_sign", "crl_sign")
    others = (
        "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "encipher_only", "decipher_only",
    )  # fmt: skip
    hosts = [x509.IPAddress(ip_address(text)) for text in ("127.0.0.1", "::1")]
    return [
        (x509.SubjectAlternativeName([*hosts, x509.DNSName("localhost")]), False),
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (x509.KeyUsage(**dict.fromkeys(uses, True), **dict.fromkeys(others, False)), True),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(public), False),
    ]


def server_context(certificate: Path) -> ssl.SSLContext:
    """Give what a server needs that shows this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
