"""A key and a certificate for one run, and contexts that take the pinned certificates alone.

Each party makes its own key in its own process, where it stays; only the certificate is handed
round. There is no authority: a line is taken from who shows exactly the pinned certificate.
"""

from __future__ import annotations

import datetime as dt
import os
import ssl
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_LIFETIME = dt.timedelta(days=1)
_SKEW = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class Identity:
    """What a party proves itself with: its certificate (DER), and the private key to it (PEM)."""

    certificate: bytes
    key_pem: bytes


def make_identity(name: str) -> Identity:
    """A fresh key and its own signature under it, for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Identity(
        certificate.public_bytes(serialization.Encoding.DER),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def make_context(identity: Identity, pinned: Iterable[bytes], *, server: bool) -> ssl.SSLContext:
    """TLS 1.3 with both sides' certificates asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # the whole certificate is compared instead
    context.verify_mode = ssl.CERT_REQUIRED
    if server:
        # Lines are not taken up again; and a ticket that lies unread when the other closes its
        # line would take the other's last message with it.
        context.num_tickets = 0
    for certificate in pinned:
        context.load_verify_locations(cadata=certificate)
    # The ssl module reads keys from files alone: one that only we may read, gone at once.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "identity.pem"
        pem = x509.load_der_x509_certificate(identity.certificate).public_bytes(
            serialization.Encoding.PEM
        )
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(identity.key_pem + pem)
        context.load_cert_chain(path)
    return context
