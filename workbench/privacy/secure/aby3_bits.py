"""Is a word below zero among three parties: the sum of two words in bits, and a bit as a word.

Mohassel and Rindal, *ABY3: A Mixed Protocol Framework for Machine Learning*, CCS 2018. Party 0
knows x0 + x1 and shares its bits; those of x2 are shared as they lie. The top bit of their sum is
the exclusive or of both top bits and of the carry into them, which is a ``carry_tree`` over the low
63 places. A bit b = b0 xor b1 xor b2 becomes a word by two products of its parts, each of which two
parties know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .bit_slices import WORD_BITS, slice_words, spread_row, width_of
from .carry_tree import carry_out
from .masked_comparison import ALL, paired
from .shared import Shared

if TYPE_CHECKING:
    from .replicated import Replicated


def below_zero(scheme: Replicated, x: Shared) -> Shared:
    """0 or 1 for each of the words ``[n]``. Ten rounds."""
    count = x.size
    sum_bits, third_bits = _share_bits(scheme, x)
    generates, hands_on = _and(scheme, sum_bits, third_bits), sum_bits ^ third_bits
    generates, hands_on = _without_top(scheme.me, generates, hands_on)

    def paired_and(left: Shared, right: Shared) -> Shared:
        return _and(scheme, left.map(paired), right)

    carry = carry_out(generates, hands_on, paired_and)
    top = (sum_bits ^ third_bits)[-1] ^ carry[0]
    return _as_words(scheme, top, count)


def _share_bits(scheme: Replicated, x: Shared) -> tuple[Shared, Shared]:
    """The bits of x0 + x1, shared by party 0, and those of x2; rows ``[64, ceil(n / 8)]``."""
    shape = (WORD_BITS, width_of(x.size))
    none = np.zeros(shape, dtype=np.uint8)
    if scheme.me == 0:
        drawn = scheme.preceding.bits(shape)
        rest = slice_words(x.parts[0] + x.parts[1]) ^ drawn
        scheme.mesh.exchange({1: rest.tobytes()}, {})
        return Shared((drawn, rest)), Shared((none, none))
    if scheme.me == 1:
        got = scheme.mesh.exchange({}, {0: none.nbytes})[0]
        rest = np.frombuffer(got, dtype=np.uint8).reshape(shape)
        return Shared((rest, none)), Shared((none, slice_words(x.parts[1])))
    scheme.mesh.exchange({}, {})
    return Shared((none, scheme.following.bits(shape))), Shared((slice_words(x.parts[0]), none))


def _without_top(me: int, generates: Shared, hands_on: Shared) -> tuple[Shared, Shared]:
    """The top place generates nothing and hands on what comes."""
    numbers = (me, (me + 1) % 3)
    whole = []
    for number, part in zip(numbers, hands_on.parts, strict=True):
        top = np.full((1, part.shape[1]), ALL if number == 0 else 0, dtype=np.uint8)
        whole.append(np.concatenate([part[:-1], top]))
    none = np.zeros((1, generates.shape[1]), dtype=np.uint8)
    return generates.map(lambda part: np.concatenate([part[:-1], none])), Shared(tuple(whole))


def _and(scheme: Replicated, x: Shared, y: Shared) -> Shared:
    """As ``Replicated.multiply``, over bits. One round."""
    (x0, x1), (y0, y1) = x.parts, y.parts
    mine = (x0 & (y0 ^ y1)) ^ (x1 & y0)
    mine = mine ^ scheme.following.bits(mine.shape) ^ scheme.preceding.bits(mine.shape)
    out = {scheme.previous: mine.tobytes()}
    got = scheme.mesh.exchange(out, {scheme.next: mine.nbytes})[scheme.next]
    return Shared((mine, np.frombuffer(got, dtype=np.uint8).reshape(mine.shape)))


def _as_words(scheme: Replicated, bits: Shared, count: int) -> Shared:
    """A packed row of shared bits as shared words of 0 and 1. Two rounds."""
    numbers = (scheme.me, (scheme.me + 1) % 3)
    spread = [spread_row(part, count) for part in bits.parts]
    none = np.zeros(count, dtype=np.uint64)
    found = _only(0, numbers, spread, none)
    for number in (1, 2):
        part = _only(number, numbers, spread, none)
        found = found + part - scheme.multiply(found, part).times(np.uint64(2))
    return found


def _only(
    number: int, numbers: tuple[int, int], spread: list[np.ndarray], none: np.ndarray
) -> Shared:
    """A sharing of one part of the bits: that part in its place, and zeros."""
    return Shared(
        tuple(mine if at == number else none for at, mine in zip(numbers, spread, strict=True))
    )
