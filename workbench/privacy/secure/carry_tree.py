"""The carry out of 64 places in six steps, each one round of AND gates on half as many places.

The log-depth tree of Garay, Schoenmakers and Villegas, *Practical and Secure Solutions for Integer
Comparison*, PKC 2007: a place generates a carry or hands one on, and two neighbours make one place:
G = G_hi xor (P_hi and G_lo), P = P_hi and P_lo. For a comparison "generates" reads "is less here"
and "hands on" reads "is equal here". Whether the lowest place hands on is never asked.
"""

from __future__ import annotations

from collections.abc import Callable

from .shared import Shared, concatenate

LEVELS = (32, 16, 8, 4, 2, 1)
# left ``[m, w]`` with right ``[2m - 1, w]``: left and right[:m], then left[1:] and right[m:].
PairedAnd = Callable[[Shared, Shared], Shared]


def carry_out(generates: Shared, hands_on: Shared, paired_and: PairedAnd) -> Shared:
    """The carry of all 64 rows of packed bits, as one row."""
    for pairs in LEVELS:
        above = generates[1::2]
        below = concatenate([generates[0::2], hands_on[0::2][1:]])
        gates = paired_and(hands_on[1::2], below)
        generates = above ^ gates[:pairs]
        # The first row is the lowest place's, which is not asked for: anything may stand there.
        hands_on = concatenate([gates[:1], gates[pairs:]])
    return generates
