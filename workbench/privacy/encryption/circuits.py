"""A polynomial network as what is computed on ciphertexts, with as few levels as it takes.

A polynomial's leading factor goes into the next layer's weights, its constant into the next layer's
bias, and the shift that takes its second term away into its own layer's bias. What is left of it:

    degree 2:  u^2                         1 level
    degree 3:  u (u^2 + a)                 2 levels
    degree 4:  (u^2 + a)^2 + b u           2 levels

where u is the layer's output. A dense layer takes one level more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import InputError

from .networks import Dense
from .polynomials import PolynomialNetwork

if TYPE_CHECKING:
    import numpy as np

LEVELS = {0: 0, 2: 1, 3: 2, 4: 2}
# A leading coefficient that is smaller than this part of the others is divided by at the cost of
# more bits than a scale has to spare.
_LEAST_LEAD = 1e-4


@dataclass(frozen=True)
class Stage:
    """A dense layer and the form of the polynomial after it (degree 0: none).

    ``inner`` and ``slope`` ``[outputs]`` are a and b of the form, 0 where it has none.
    ``reach`` ``[outputs]`` says how large |u| gets where the polynomial was fitted.
    """

    dense: Dense
    degree: int
    inner: np.ndarray
    slope: np.ndarray
    reach: np.ndarray

    @property
    def levels(self) -> int:
        """How many times it is rescaled."""
        return 1 + LEVELS[self.degree]

    def run(self, rows: np.ndarray) -> np.ndarray:
        """What the ciphertexts compute, on plain rows ``[n, inputs]``."""
        u = rows @ self.dense.weight.T + self.dense.bias
        if self.degree == 2:
            u = u * u
        elif self.degree == 3:
            u = u * (u * u + self.inner)
        elif self.degree == 4:
            square = u * u + self.inner
            u = square * square + self.slope * u
        return u


@dataclass(frozen=True)
class Circuit:
    """The stages in order; the last has degree 0 and gives the scores."""

    stages: tuple[Stage, ...]
    classes: tuple[int | str, ...]

    @property
    def levels(self) -> int:
        """How many times a ciphertext is rescaled on its way."""
        return sum(stage.levels for stage in self.stages)

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """What the ciphertexts compute, on plain rows: the polynomial network's scores."""
        for stage in self.stages:
            rows = stage.run(rows)
        return rows


def build_circuit(network: PolynomialNetwork) -> Circuit:
    """Fold factors, shifts and constants into the dense layers.

    Raises:
        InputError: A polynomial has next to no leading term.
    """
    import numpy as np

    stages: list[Stage] = []
    factor, constant = np.ones(network.layers[0].dense.weight.shape[1]), np.zeros(1)
    for layer, degree in zip(network.layers, (*network.degrees, 0), strict=True):
        weight = layer.dense.weight * factor
        bias = layer.dense.bias + (layer.dense.weight * constant).sum(axis=1)
        none = np.zeros(len(bias))
        if layer.ranges is None or layer.coefficients is None:
            stages.append(Stage(Dense(weight, bias), 0, none, none, none))
            break
        coefficients = layer.coefficients
        lead = coefficients[:, degree]
        if np.any(np.abs(lead) < _LEAST_LEAD * np.abs(coefficients).max(axis=1)):
            raise InputError(
                f"a polynomial of degree {degree} has next to no term of that degree",
                hint="another --degree: the rows reach only where the activation is simpler",
            )
        shift, inner, slope, rest = _forms(coefficients, degree)
        ranges = layer.ranges
        folded = Dense(weight / ranges[:, None], bias / ranges + shift)
        stages.append(Stage(folded, degree, inner, slope, 1.0 + np.abs(shift)))
        factor, constant = lead, lead * rest
    return Circuit(tuple(stages), network.classes)


def _forms(
    coefficients: np.ndarray, degree: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Shift, a, b and constant of each unit's polynomial over its leading coefficient.

    With u = t + shift the second-highest term is gone: u^2 + rest, u^3 + p u + q and
    u^4 + p u^2 + q u + s.
    """
    import numpy as np

    monic = coefficients / coefficients[:, [degree]]
    shift = monic[:, degree - 1] / degree
    # The polynomial in u = t + shift: each power of t = u - shift is expanded.
    moved = np.zeros_like(monic)
    for unit, s in enumerate(shift):
        total = np.zeros(1)
        for c in monic[unit, ::-1]:
            total = np.polynomial.polynomial.polymul(total, [-s, 1.0])
            total[0] += c
        moved[unit] = total[: degree + 1]
    none = np.zeros(len(monic))
    if degree == 2:
        return shift, none, none, moved[:, 0]
    if degree == 3:
        return shift, moved[:, 1], none, moved[:, 0]
    half = moved[:, 2] / 2.0
    return shift, half, moved[:, 1], moved[:, 0] - half * half
