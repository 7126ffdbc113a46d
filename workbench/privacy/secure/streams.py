"""Random words and bits of AES-256 in counter mode: masks that nobody foretells without the key.

Two parties that hold the same key draw the same words without a message, as long as both draw in
the same order. Keys come from the operating system's generator; a fixed key is for tests alone.
"""

from __future__ import annotations

import math
import secrets

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

KEY_BYTES = 32


def fresh_key() -> bytes:
    """A key from the operating system's generator."""
    return secrets.token_bytes(KEY_BYTES)


class Stream:
    """The key stream of one key, drawn from once: no part of it comes twice."""

    def __init__(self, key: bytes) -> None:
        # A zero nonce is right where a key makes one stream only.
        self._cipher = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()

    def draw(self, count: int) -> bytes:
        """The next so many bytes."""
        return self._cipher.update(bytes(count))

    def words(self, shape: tuple[int, ...]) -> np.ndarray:
        """Uniform uint64 words."""
        drawn = self.draw(8 * math.prod(shape))
        return np.frombuffer(drawn, dtype="<u8").reshape(shape)

    def bits(self, shape: tuple[int, ...]) -> np.ndarray:
        """Uniform bits, packed eight to a byte: uint8 of that shape."""
        return np.frombuffer(self.draw(math.prod(shape)), dtype=np.uint8).reshape(shape)
