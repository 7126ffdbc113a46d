"""The secrets that are shown once: how they are made, and what of them is kept.

The store keeps their sha256 alone. It is of 256 random bits, so it can be tried against nothing: a
slow password hash would cost every request and protect nothing.
"""

from __future__ import annotations

import hashlib
import secrets
import string

_ALPHABET = string.ascii_letters + string.digits
SECRET_CHARS = 43  # 62^43 is a little more than 2^256


def random_text() -> str:
    """256 random bits as letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(SECRET_CHARS))


def hash_secret(text: str) -> bytes:
    """What the store keeps of a secret. What was shown as one may be no text at all."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
