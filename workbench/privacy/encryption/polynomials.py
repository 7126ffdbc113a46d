"""Activations as polynomials of degree 2, 3 or 4, fitted to the range that the data has.

Each unit's input z is divided by its own range r, so that t = z / r lies in [-1, 1] on the rows it
was fitted to, and the polynomial is the least-squares fit of the activation over t, weighted by how
often each t occurs, with a floor that keeps it tame where the data is thin. Outside of [-1, 1] a
polynomial is nothing like the activation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import InputError

from .networks import EVEN, Dense, Network, apply_activation

if TYPE_CHECKING:
    import numpy as np

_MARGIN = 1.1
_GRID = 401
_FLOOR = 0.25
# Below these a tanh or a logistic is so nearly a line that its cubic term vanishes.
_LEAST_RANGE = {"tanh": 1.0, "logistic": 2.0}


@dataclass(frozen=True)
class PolynomialLayer:
    """A dense layer and what follows it.

    ``ranges`` ``[outputs]`` are those of the polynomial's input; ``coefficients``
    ``[outputs, degree + 1]`` go by powers of z / range, the constant first. None after the last.
    """

    dense: Dense
    ranges: np.ndarray | None = None
    coefficients: np.ndarray | None = None


@dataclass(frozen=True)
class PolynomialNetwork:
    """What runs encrypted: the network with polynomials in its activations' places."""

    layers: tuple[PolynomialLayer, ...]
    degrees: tuple[int, ...]
    activations: tuple[str, ...]
    classes: tuple[int | str, ...]

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """Rows ``[n, features]`` give scores ``[n, classes]``."""
        return self.run(rows)[0]

    def run(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Scores, and for each row the largest |z / range| of any unit: above 1 it is outside."""
        import numpy as np

        farthest = np.zeros(len(rows))
        for layer in self.layers:
            rows = rows @ layer.dense.weight.T + layer.dense.bias
            if layer.ranges is not None and layer.coefficients is not None:
                t = rows / layer.ranges
                farthest = np.maximum(farthest, np.abs(t).max(axis=1))
                rows = evaluate(layer.coefficients, t)
        return rows, farthest


def evaluate(coefficients: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Polynomials ``[units, degree + 1]`` at ``t`` ``[n, units]``, by Horner's rule."""
    import numpy as np

    total = np.zeros_like(t)
    for power in range(coefficients.shape[1] - 1, -1, -1):
        total = total * t + coefficients[:, power]
    return total


def choose_degrees(network: Network, degree: int | None) -> tuple[int, ...]:
    """A degree an activation: that which is asked for, or 2 for those like ReLU and 3 for others.

    Raises:
        InputError: The activation has no good polynomial of that degree.
    """
    chosen = []
    for name in network.activations:
        allowed = (2, 4) if name in EVEN else (3,)
        if degree is not None and degree not in allowed:
            raise InputError(
                f"{name} is not fitted by a polynomial of degree {degree}",
                hint=f"--degree {' or '.join(map(str, allowed))}",
            )
        chosen.append(degree or allowed[0])
    return tuple(chosen)


def fit_polynomials(
    network: Network, rows: np.ndarray, *, degree: int | None = None
) -> PolynomialNetwork:
    """Put fitted polynomials in the places of a network's activations, the first layer first.

    Args:
        network: As trained.
        rows: ``[n, features]``: what it was trained on, or rows like them.
        degree: 2 or 4 for ReLU, GELU and SiLU, 3 for tanh and logistic.
    """
    degrees = choose_degrees(network, degree)
    layers: list[PolynomialLayer] = []
    for dense, name, power in zip(network.layers[:-1], network.activations, degrees, strict=True):
        z = rows @ dense.weight.T + dense.bias
        ranges = measure_ranges(z, name)
        coefficients = _fit(name, ranges, z / ranges, power)
        layers.append(PolynomialLayer(dense, ranges, coefficients))
        rows = evaluate(coefficients, z / ranges)
    layers.append(PolynomialLayer(network.layers[-1]))
    return PolynomialNetwork(tuple(layers), degrees, network.activations, network.classes)


def measure_ranges(z: np.ndarray, name: str) -> np.ndarray:
    """How far from 0 each unit's input goes on ``z`` ``[n, units]``, and a tenth beyond."""
    import numpy as np

    found = _MARGIN * np.abs(z).max(axis=0)
    least = _LEAST_RANGE.get(name, max(1e-3 * float(found.max(initial=0.0)), 1e-6))
    return np.maximum(found, least)


def _fit(name: str, ranges: np.ndarray, t: np.ndarray, degree: int) -> np.ndarray:
    """Coefficients ``[units, degree + 1]`` by weighted least squares on a grid over [-1, 1]."""
    import numpy as np

    edges = np.linspace(-1.0, 1.0, _GRID + 1)
    grid = (edges[1:] + edges[:-1]) / 2.0
    counts = np.histogram(np.abs(t), bins=edges)[0].astype(float)
    counts += counts[::-1]  # for either sign alike: an activation's symmetry stays one
    weights = counts / max(counts.sum(), 1.0) + _FLOOR / _GRID
    basis = np.polynomial.chebyshev.chebvander(grid, degree) * np.sqrt(weights)[:, None]
    wanted = apply_activation(name, grid[:, None] * ranges) * np.sqrt(weights)[:, None]
    found = np.linalg.lstsq(basis, wanted, rcond=None)[0]
    return np.stack([_powers(column, degree) for column in found.T])


def _powers(chebyshev: np.ndarray, degree: int) -> np.ndarray:
    import numpy as np

    plain = np.polynomial.chebyshev.cheb2poly(chebyshev)
    return np.pad(plain, (0, degree + 1 - len(plain)))


def with_weights(
    network: PolynomialNetwork, weights: Sequence[Dense], rows: np.ndarray
) -> PolynomialNetwork:
    """The same activations behind other weights; how far their inputs go is measured anew.

    The polynomials stay what they are as functions of z: the deployed model's own activations.
    """
    import numpy as np

    layers = []
    for layer, dense, name in zip(
        network.layers, weights, (*network.activations, None), strict=True
    ):
        if layer.ranges is None or layer.coefficients is None or name is None:
            layers.append(PolynomialLayer(dense))
            break
        z = rows @ dense.weight.T + dense.bias
        ranges = measure_ranges(z, name)
        powers = (ranges / layer.ranges)[:, None] ** np.arange(layer.coefficients.shape[1])
        moved = layer.coefficients * powers
        layers.append(PolynomialLayer(dense, ranges, moved))
        rows = evaluate(moved, z / ranges)
    return PolynomialNetwork(tuple(layers), network.degrees, network.activations, network.classes)
