"""The key of an anonymisation: where it comes from, and the keys that are derived from it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

from workbench.core.errors import InputError, NotFoundError

KEY_BYTES = 32


def make_key() -> bytes:
    """A new random key."""
    return secrets.token_bytes(KEY_BYTES)


def write_key(path: Path) -> bytes:
    """Make a key and keep it in a file that its owner alone may read.

    Raises:
        InputError: The file is there; a key that is lost makes its pseudonyms final.
    """
    import os

    key = make_key()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InputError(
            f"{path} is there and is not overwritten", hint="name a new file"
        ) from None
    with os.fdopen(handle, "w") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return key


def read_key(path: Path) -> bytes:
    """The key of a file: 64 hexadecimal digits.

    Raises:
        NotFoundError: There is no such file.
        InputError: It holds something else.
    """
    if not path.is_file():
        raise NotFoundError(
            f"there is no key file {path}", hint=f"workbench privacy new-key {path}"
        )
    said = path.read_text(encoding="ascii", errors="replace").strip()
    try:
        key = bytes.fromhex(said)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise InputError(
            f"{path} holds no key: {KEY_BYTES} bytes as {2 * KEY_BYTES} hexadecimal digits",
            hint="workbench privacy new-key FILE makes one",
        )
    return key


def derive(key: bytes, purpose: str) -> bytes:
    """A key of its own for each purpose (HKDF's expand step, RFC 5869, with SHA-256)."""
    return hmac.new(
        key, b"workbench anonymisation 1 " + purpose.encode() + b"\x01", hashlib.sha256
    ).digest()


class Choices:
    """Numbers that a key and a value decide: the same for both, and unlike for any other."""

    def __init__(self, key: bytes, *values: str) -> None:
        self._key = derive(key, "choices")
        self._seed = "\x1f".join(values).encode()
        self._count = 0

    def below(self, most: int) -> int:
        """The next number from 0 to ``most`` - 1."""
        block = hmac.new(self._key, self._seed + b"\x1e%d" % self._count, hashlib.sha256).digest()
        self._count += 1
        return int.from_bytes(block[:8], "big") % most
