"""Whole-number noise that is exactly distributed: coins and fractions, no floating point.

Canonne, Kamath and Steinke (2020), "The discrete Gaussian for differential privacy",
arXiv:2004.00010, algorithms 1 to 3. Floating point noise gives values away by the gaps between
numbers (Mironov, 2012); here each probability is a fraction, and randomness is whole numbers of the
operating system's generator.
"""

from __future__ import annotations

import math
import random
from fractions import Fraction

from workbench.core.errors import InputError


def system_random() -> random.Random:
    """The operating system's generator, as whole numbers."""
    return random.SystemRandom()


def draw_laplace(scale: Fraction, source: random.Random) -> int:
    """A whole number with probability proportional to ``exp(-|x| / scale)``: algorithm 2.

    Raises:
        InputError: The scale is not above 0.
    """
    if scale <= 0:
        raise InputError(f"the scale is {scale}, which must be above 0")
    above, below = scale.numerator, scale.denominator
    while True:
        whole = source.randrange(above)
        if not _exponential_coin(Fraction(whole, above), source):
            continue
        times = 0
        while _exponential_coin(Fraction(1), source):
            times += 1
        size = (whole + above * times) // below
        negative = source.randrange(2) == 1
        if not (negative and size == 0):  # 0 would have twice its probability
            return -size if negative else size


def draw_gaussian(sigma: Fraction, source: random.Random) -> int:
    """A whole number with probability proportional to ``exp(-x^2 / (2 sigma^2))``: algorithm 3.

    Raises:
        InputError: sigma is not above 0.
    """
    if sigma <= 0:
        raise InputError(f"sigma is {sigma}, which must be above 0")
    scale = math.floor(sigma) + 1
    variance = sigma * sigma
    while True:
        found = draw_laplace(Fraction(scale), source)
        off = Fraction(abs(found)) - variance / scale
        if _exponential_coin(off * off / (2 * variance), source):
            return found


def _exponential_coin(gamma: Fraction, source: random.Random) -> bool:
    """Heads with probability ``exp(-gamma)``, exactly: algorithm 1."""
    for _ in range(math.floor(gamma)):
        if not _small_coin(Fraction(1), source):
            return False
    return _small_coin(gamma - math.floor(gamma), source)


def _small_coin(gamma: Fraction, source: random.Random) -> bool:
    """The same for gamma up to 1: von Neumann's run of ever rarer coins."""
    number = 1
    while source.randrange(gamma.denominator * number) < gamma.numerator:
        number += 1
    return number % 2 == 1
