"""Keys of a provider and of an attacker, and tokens that either signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import warnings
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwk, jwt

ISSUER, CLIENT, NONCE = "https://login.example.org", "workbench", "the nonce of this browser"
NOW_S = 1_800_000_000.0


@cache
def key(kid: str, kind: str = "RSA", size: int | str = 2048) -> Any:
    """A private key; the same for the same name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that of a small key, which a test needs
        return jwk.KeySet.registry_cls.generate_key(kind, size, {"kid": kid})


def public(made: Any) -> dict[str, Any]:
    """What a provider's key set says of a key."""
    found: dict[str, Any] = made.as_dict(private=False)
    return found


def claims(**changes: Any) -> dict[str, Any]:
    """What a right id_token says, with changes; None leaves a claim out."""
    right = {"iss": ISSUER, "sub": "s-1", "aud": CLIENT, "exp": NOW_S + 600, "iat": NOW_S,
             "nonce": NONCE}  # fmt: skip
    return {name: value for name, value in {**right, **changes}.items() if value is not None}


def signed(said: dict[str, Any], by: Any, algorithm: str = "RS256", **header: Any) -> str:
    """A token that a key signed."""
    head = {"alg": algorithm, "kid": by.kid, **header}
    return jwt.encode(head, said, by, algorithms=[algorithm])


def unsigned(said: dict[str, Any], algorithm: str = "none") -> str:
    """A token by nobody."""
    return f"{_part({'alg': algorithm})}.{_part(said)}."


def public_bytes(made: Any) -> bytes:
    """A public key as text, which anybody has: the secret of an attack, if it is taken for one."""
    found: bytes = made.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return found


def hmac_signed(said: dict[str, Any], secret: bytes, kid: str) -> str:
    """A token by HS256."""
    text = f"{_part({'alg': 'HS256', 'kid': kid})}.{_part(said)}"
    return f"{text}.{_text(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def _part(value: dict[str, Any]) -> str:
    return _text(json.dumps(value).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
