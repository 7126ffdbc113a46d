"""The error that a call will have in its scores, foretold before it runs.

Every step adds noise that is known: of encryption, of switching keys, of rounding when a level is
used up (Cheon, Kim, Kim and Song, 2017, "Homomorphic encryption for arithmetic of approximate
numbers"), with variances in place of worst cases (as Costache and others, 2023, "On
the precision loss in approximate homomorphic encryption"). Standard deviations are those of a
slot's real part, in the unit of the score, for the slots where noise is largest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .circuits import Circuit, Stage
from .diagonals import Product
from .parameters import Parameters

if TYPE_CHECKING:
    import numpy as np

_SIGMA = 3.2  # of SEAL's error distribution
_SIGMAS = 6.0
_TERNARY = 2.0 / 3.0  # variance of the secret's coefficients


class _Ring:
    """The noise of each step in a slot, before it is divided by the scale."""

    def __init__(self, parameters: Parameters) -> None:
        n = parameters.degree
        self.parameters = parameters
        spread = math.sqrt(n / 2.0)  # from a coefficient to a slot's real part
        rounding = (1.0 + _TERNARY * n) / 12.0
        # SEAL encrypts under the special prime and then drops it: what is left is the rounding.
        self.rounded = spread * math.sqrt(rounding)
        self.encoded = spread * math.sqrt(1.0 / 12.0)
        # A digit is uniform in [0, q), not around 0. Its mean, q / 2 times the sum of all powers of
        # x, is n / pi times q in the slot of the root that is next to 1: slot 0.
        digit = n / 12.0 + (n / math.pi) ** 2
        first = 4.0 ** (parameters.first_bits - parameters.special_bits)
        small = 4.0 ** (parameters.scale_bits - parameters.special_bits)
        self._switch = [
            spread * math.sqrt(_SIGMA**2 * (first + level * small) * digit + rounding)
            for level in range(parameters.levels + 1)
        ]

    def switched(self, level: int) -> float:
        """Of switching keys (a rotation, a relinearisation) with so many levels left."""
        return self._switch[level]


def foretell_error(
    circuit: Circuit, products: Sequence[Product], parameters: Parameters, norms: Sequence[float]
) -> np.ndarray:
    """Six standard deviations of each score's error, ``[classes]``.

    Args:
        circuit: What is computed.
        products: How its matrices are multiplied.
        parameters: Of the ciphertexts.
        norms: The largest Euclidean norm of what goes into each stage.
    """
    import numpy as np

    ring, scale, level = _Ring(parameters), parameters.scale, parameters.levels
    inputs = circuit.stages[0].dense.weight.shape[1]
    error = np.full(inputs, ring.rounded / scale)
    for stage, product, norm in zip(circuit.stages, products, norms, strict=True):
        turn = ring.switched(level) / scale
        before = np.sqrt(error**2 + (product.baby - 1) * turn**2)
        if stage.degree == 0 and parameters.weight_bits:
            weight_scale = after = scale * 2.0**parameters.weight_bits
            added = 0.0
        else:
            weight_scale, after = scale * scale, scale
            added, level = (ring.rounded / scale) ** 2, level - 1
        added += (norm * ring.encoded * scale / weight_scale) ** 2
        # What is added in the middle is seen by every fold: twice the variance and a rotation more.
        for _ in product.folds:
            added = 2.0 * added + (ring.switched(level) / after) ** 2
        error = np.sqrt((stage.dense.weight**2) @ before**2 + added)
        error, level = _after_polynomial(stage, error, ring, level)
    return _SIGMAS * error


def _after_polynomial(
    stage: Stage, error: np.ndarray, ring: _Ring, level: int
) -> tuple[np.ndarray, int]:
    import numpy as np

    if stage.degree == 0:
        return error, level
    scale = ring.parameters.scale

    def step(level: int) -> float:
        """Of relinearising and then rescaling."""
        return float((ring.switched(level) / scale / scale) ** 2 + (ring.rounded / scale) ** 2)

    u = stage.reach
    square = np.sqrt((2.0 * u * error) ** 2 + step(level))
    if stage.degree == 2:
        return square, level - 1
    inner = np.abs(u * u + stage.inner) + np.abs(stage.inner)
    if stage.degree == 3:
        total = (inner * error) ** 2 + (u * square) ** 2 + step(level - 1)
    else:
        total = (2.0 * inner * square) ** 2 + (stage.slope * error) ** 2 + step(level - 1)
    return np.sqrt(total), level - 2
