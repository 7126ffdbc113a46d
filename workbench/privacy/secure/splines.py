"""Functions of one number as pieces of parabolas: one comparison with all knots, two products.

Liu, Juuti, Lu and Asokan, *Oblivious Neural Network Predictions via MiniONN Transformations*, CCS
2017, with the pieces chosen here: each as long as a parabola through its Chebyshev points stays
within the tolerance. Outside the range the function is taken as constant. The bits "is x at least
knot i" pick the coefficients, which are public, by sums alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from .fixed_point import FRACTION_BITS, encode
from .scheme import Scheme
from .shared import Shared

# Coefficients have more bits behind the point than numbers: they meet x and its square.
_COEFFICIENT_BITS = 28
_PROBES = 65
Function = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Spline:
    """Parabolas between knots: ``coefficients[i]`` (of 1, x, x^2) hold from ``knots[i - 1]`` on."""

    knots: tuple[float, ...]
    coefficients: tuple[tuple[float, float, float], ...]
    error: float

    def plain(self, x: np.ndarray) -> np.ndarray:
        """The pieces without any sharing, float64."""
        c = np.asarray(self.coefficients)[np.searchsorted(self.knots, x, side="right")]
        return np.asarray(c[..., 0] + x * (c[..., 1] + x * c[..., 2]))


@cache
def sigmoid_spline(tolerance: float = 2.0**-13) -> Spline:
    """1 / (1 + e^-x)."""
    return fit(lambda x: 1 / (1 + np.exp(-x)), -10.0, 10.0, tolerance)


@cache
def exp_spline(tolerance: float = 2.0**-15) -> Spline:
    """e^x for x up to 0."""
    return fit(np.exp, -12.0, 0.0, tolerance)


@cache
def reciprocal_spline(most: float, tolerance: float = 2.0**-13) -> Spline:
    """1 / x from 1 to ``most``."""
    return fit(lambda x: 1 / x, 1.0, most, tolerance)


def fit(function: Function, low: float, high: float, tolerance: float) -> Spline:
    """Pieces from ``low`` to ``high``, as few as the tolerance lets through."""
    knots, coefficients = [low], [(float(function(np.array(low))), 0.0, 0.0)]
    while knots[-1] < high:
        start, reach = knots[-1], high - knots[-1]
        while True:
            piece, error = _parabola(function, start, start + reach)
            if error <= tolerance:
                break
            reach *= 0.9
        # A knot is what fixed point can say of it.
        end = min(high, np.floor((start + reach) * 2**FRACTION_BITS) / 2**FRACTION_BITS)
        coefficients.append(piece)
        knots.append(float(end))
    coefficients.append((float(function(np.array(high))), 0.0, 0.0))
    return Spline(tuple(knots), tuple(coefficients), tolerance)


def evaluate(scheme: Scheme, x: Shared, spline: Spline) -> Shared:
    """The spline of each number; off by its tolerance, two roundings and what the range leaves.

    12 rounds with two servers, 17 among three.
    """
    count, knots = x.size, encode(spline.knots, name="knots")
    flat = x.reshape(1, count).broadcast_to((len(knots), count))
    below, _ = scheme.compare(scheme.add_public(flat, np.uint64(0) - knots[:, None]))
    steps = encode(spline.coefficients, name="coefficients", bits=_COEFFICIENT_BITS)
    # Coefficient = the last one, less each step that lies above x.
    changes = steps[1:] - steps[:-1]
    constant, linear, square = (
        scheme.add_public(
            below.times(np.uint64(0) - changes[:, power, None]).sum(axis=0)[0], steps[-1, power]
        )
        for power in range(3)
    )
    flat = x.reshape(count)
    slope = scheme.truncate(scheme.multiply(square, flat), FRACTION_BITS) + linear
    found = scheme.multiply(slope, flat) + constant.times(np.uint64(1 << FRACTION_BITS))
    return scheme.truncate(found, _COEFFICIENT_BITS).reshape(*x.shape)


def _parabola(
    function: Function, start: float, end: float
) -> tuple[tuple[float, float, float], float]:
    """The parabola through three Chebyshev points, and how far it is off at most."""
    middle, half = (start + end) / 2, (end - start) / 2
    nodes = middle + half * np.cos(np.pi * np.array([1, 3, 5]) / 6)
    powers = np.vander(nodes, 3, increasing=True)
    piece = np.linalg.solve(powers, function(nodes))
    probes = np.linspace(start, end, _PROBES)
    off = np.abs(np.vander(probes, 3, increasing=True) @ piece - function(probes)).max()
    return (float(piece[0]), float(piece[1]), float(piece[2])), float(off)
