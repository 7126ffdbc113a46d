"""Is a shared word below zero, and its ReLU: one mask opened, a tree of AND gates, one bit opened.

Makri, Rotaru, Vercauteren and Wagh, *Rabbit: Efficient Comparison for Secure Multi-Party
Computation*, Financial Cryptography 2021, over Z_2^64: the dealer shares a uniform r as a word and
as bits. c = x + r is opened; x = c - r, whose top bit is top(c) xor top(r) xor [c' < r'], with c'
and r' the low 63 bits. That comparison of a public with a shared number is a ``carry_tree``. As c
is uniform whatever x is, nothing is given up for speed: the result is exact and hides perfectly.

The bit comes out shared by exclusive or. A dealt bit d, known both ways, turns it into a word: the
servers open e = bit xor d, and bit = e + (1 - 2 e) d. Since c is open already, x d = c d - r d with
a dealt r d: x times the bit, and so max(x, 0), costs no further round and no further byte.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .bit_slices import WORD_BITS, slice_words, spread_row, width_of
from .carry_tree import LEVELS
from .material import Dealing, Supply

ALL = np.uint8(255)


@dataclass(frozen=True)
class Masks:
    """A server's share of what one comparison of so many words uses up.

    ``gates`` has for each level the a, b and a b of its AND gates; ``d`` is a packed row,
    ``d_word`` the same bits as words and ``rd`` their products with r.
    """

    r: np.ndarray
    r_bits: np.ndarray
    gates: tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...]
    d: np.ndarray
    d_word: np.ndarray
    rd: np.ndarray


def paired(left: np.ndarray) -> np.ndarray:
    """A level's left sides: each place with its carry, and all but the lowest with its equality."""
    return np.concatenate([left, left[1:]])


def deal(dealing: Dealing, count: int) -> None:
    """The dealer's part."""
    width = width_of(count)
    r = dealing.words((count,))
    dealing.give_bits(slice_words(r))
    for pairs in LEVELS:
        a, b = dealing.bits((pairs, width)), dealing.bits((2 * pairs - 1, width))
        dealing.give_bits(paired(a) & b)
    d = spread_row(dealing.bits((width,)), count)
    dealing.give_words(d)
    dealing.give_words(r * d)


def take(supply: Supply, count: int) -> Masks:
    """A server's part of it."""
    supply.ask("comparison", count)
    width = width_of(count)
    r, r_bits = supply.words((count,)), supply.given_bits((WORD_BITS, width))
    gates = []
    for pairs in LEVELS:
        a, b = supply.bits((pairs, width)), supply.bits((2 * pairs - 1, width))
        gates.append((a, b, supply.given_bits((2 * pairs - 1, width))))
    d = supply.bits((width,))
    return Masks(
        r, r_bits, tuple(gates), d, supply.given_words((count,)), supply.given_words((count,))
    )


def leaves(opened: np.ndarray, masks: Masks, *, first: bool) -> tuple[np.ndarray, np.ndarray]:
    """Per place shares of "c is less than r here" and "equal here", of the low 63 bits."""
    less = ~opened & masks.r_bits
    equal = masks.r_bits ^ ~opened if first else masks.r_bits.copy()
    # The top place takes no part: not less, and equal.
    less[-1] = 0
    equal[-1] = ALL if first else 0
    return less, equal


def gate(
    triple: tuple[np.ndarray, np.ndarray, np.ndarray],
    left: np.ndarray,
    right: np.ndarray,
    *,
    first: bool,
) -> np.ndarray:
    """A share of a level's ANDs from the opened left xor a and right xor b (Beaver, over bits)."""
    a, b, c = triple
    wide = paired(left)
    return c ^ (wide & (b ^ right if first else b)) ^ (paired(a) & right)


def finish(
    x: np.ndarray, c: np.ndarray, e: np.ndarray, masks: Masks, *, first: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the bit and of max(x, 0), from the opened c and e."""
    sign = np.uint64(1) - np.uint64(2) * e
    bit = sign * masks.d_word
    if first:
        bit = bit + e
    below = e * x + sign * (c * masks.d_word - masks.rd)
    return bit, x - below
