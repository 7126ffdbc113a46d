"""Words turned on their side: row i holds bit i of every word, eight words to a byte.

A gate on all bits of a place is then one operation, and nothing but bits that count is sent.
"""

from __future__ import annotations

import numpy as np

WORD_BITS = 64


def width_of(count: int) -> int:
    """The bytes of a row for so many words."""
    return -(-count // 8)


def slice_words(words: np.ndarray) -> np.ndarray:
    """uint64 ``[n]`` as uint8 ``[64, ceil(n / 8)]``, the lowest bit first."""
    raw = np.ascontiguousarray(words, dtype="<u8").view(np.uint8).reshape(len(words), 8)
    bits = np.unpackbits(raw, axis=1, bitorder="little")
    return np.packbits(bits.T, axis=1, bitorder="little")


def spread_row(row: np.ndarray, count: int) -> np.ndarray:
    """A row's bits as uint64 ``[count]`` of 0 and 1."""
    return np.unpackbits(row, count=count, bitorder="little").astype(np.uint64)
