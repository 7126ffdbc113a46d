"""Real numbers as words of Z_2^64: x is held as round(x * 2^16), below zero as the complement.

A product of two such words has 32 bits behind the point and must stay below 2^62 to be cut back
(``probabilistic_truncation``), so numbers lie within 2^15 and products within 2^30. What leaves
that range wraps around, and nobody sees it happen: owners check their numbers before they share
them, and programs say which sums they build.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.core.errors import InputError

FRACTION_BITS = 16
MOST = 2.0**15
STEP = 2.0**-FRACTION_BITS


def encode(values: Any, *, name: str = "values", bits: int = FRACTION_BITS) -> np.ndarray:
    """Numbers of any shape as uint64 words; off by half a step at most.

    Raises:
        InputError: There are none, one is no number, or one lies beyond ``MOST``.
    """
    try:
        real = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{name} are not an array of numbers: {error}",
            hint="rows must be of one length, every entry a number",
        ) from None
    if real.size == 0:
        raise InputError(f"{name} are empty", hint="give at least one number")
    bad = ~(np.abs(real) < MOST)  # also true for NaN
    if bad.any():
        place = tuple(int(each) for each in np.argwhere(bad)[0])
        found = float(real[place])
        raise InputError(
            f"{name}{list(place)} is {found:g}; allowed is what lies between "
            f"-{MOST:,.0f} and {MOST:,.0f}",
            hint="fill in what is missing, scale what is too large (x / x.std())",
        )
    return np.rint(real * 2.0**bits).astype(np.int64).view(np.uint64)


def decode(words: np.ndarray, *, bits: int = FRACTION_BITS) -> np.ndarray:
    """Words as float64; with ``bits=0`` as int64."""
    whole = np.ascontiguousarray(words).view(np.int64)
    return whole if bits == 0 else whole / 2.0**bits
