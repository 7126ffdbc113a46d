"""Cutting the last bits of a shared word off, in one round, never more than one step wrong.

Dalskov, Escudero and Keller, *Secure Evaluation of Quantized Neural Networks*, PoPETs 2020(4).
With a random r of 64 bits, shared with r' = (r mod 2^63) >> f and its top bit, c = x + 2^62 + r is
opened, which is uniform. The offset 2^62 makes x non-negative; whether the sum ran over 2^63 is the
top bit of c against that of r, so it is taken back exactly.

**Error bound**: for -2^62 <= x < 2^62 the result is floor(x / 2^f) or one more, so less than one
step from x / 2^f. (Without dealt r' each server would cut its own share, which for |x| < 2^k is
wrong by 2^(64 - f) with probability 2^(k - 63): rare, and ruinous.)
"""

from __future__ import annotations

import numpy as np

from .material import Dealing, Supply

OFFSET_BIT = 62
LOW = np.uint64(2**63 - 1)
TOP = np.uint64(63)
Shape = tuple[int, ...]


def offset() -> np.uint64:
    """What makes every allowed word non-negative."""
    return np.uint64(1 << OFFSET_BIT)


def cut(r: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """What is shared of a mask beside itself: its low 63 bits cut, and its top bit."""
    return (r & LOW) >> np.uint64(bits), r >> TOP


def deal(dealing: Dealing, shape: Shape, bits: int) -> None:
    """The dealer's part."""
    for words in cut(dealing.words(shape), bits):
        dealing.give_words(words)


def take(supply: Supply, shape: Shape, bits: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A server's shares of r, of r cut and of its top bit."""
    supply.ask("truncation", shape, bits)
    return supply.words(shape), supply.given_words(shape), supply.given_words(shape)


def finish(
    opened: np.ndarray, high: np.ndarray, top: np.ndarray, bits: int, *, first: bool
) -> np.ndarray:
    """A party's share of the result from the opened c; ``first`` adds what is public."""
    opened_top = opened >> TOP
    # Ran over: top(c) xor top(r), which is linear in the shared bit.
    over = top - np.uint64(2) * opened_top * top
    if first:
        over = over + opened_top
    share = over * np.uint64(1 << (63 - bits)) - high
    if first:
        share = share + ((opened & LOW) >> np.uint64(bits)) - (offset() >> np.uint64(bits))
    return share
