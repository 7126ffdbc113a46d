"""Matrix times packed vectors by diagonals, in baby steps and giant steps.

Halevi and Shoup (2014), "Algorithms in HElib", for diagonals; (2018), "Faster homomorphic linear
transformations in HElib", for baby and giant steps; Juvekar and others (2018), "Gazelle", for wide
matrices that fold. What is ours: both kinds of step go one after the other (Horner's rule), so a
matrix takes one key for all its baby steps and one for all its giant steps, for the same number of
rotations.

A vector of ``period`` numbers is repeated over ``width`` places. With m rows, n columns (both
padded to powers of 2) and m < n there are m diagonals of length n,

    t[f] = sum over k < m of W[f mod m, (f + k) mod n] x[f + k],

and t, rotated by m, 2m, ..., n/2 places and added to itself, is W x repeated with period m.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Product:
    """How one matrix is multiplied: ``baby`` times ``giant`` diagonals, then ``folds``.

    Rotations are to the left, in places of the packed vector.
    """

    outputs: int
    inputs: int
    period_in: int
    period_out: int
    baby: int
    giant: int
    folds: tuple[int, ...]

    @property
    def rotations(self) -> int:
        """How many rotations a call makes."""
        return self.baby - 1 + self.giant - 1 + len(self.folds)

    @property
    def steps(self) -> frozenset[int]:
        """The rotations for which a key is needed, in places."""
        found = set(self.folds)
        if self.baby > 1:
            found.add(1)
        if self.giant > 1:
            found.add(self.baby)
        return frozenset(found)


def power_of_two(number: int) -> int:
    """The least power of 2 that is not below ``number``."""
    return 1 << max(number - 1, 0).bit_length()


def plan_products(shape: Sequence[int]) -> tuple[Product, ...]:
    """The products of a network of these widths: the fewest rotations, then the fewest keys."""
    period = power_of_two(shape[0])
    options: list[list[Product]] = []
    for inputs, outputs in itertools.pairwise(shape):
        options.append(_options(outputs, inputs, period))
        period = options[-1][0].period_out

    def keys(chosen: tuple[Product, ...]) -> int:
        return len(frozenset().union(*(product.steps for product in chosen)))

    return min(itertools.product(*options), key=keys)


def _options(outputs: int, inputs: int, period_in: int) -> list[Product]:
    """The splits of one product into baby and giant steps with the fewest rotations."""
    period_out = power_of_two(outputs)
    count = min(period_in, period_out)
    folds = tuple(period_out << i for i in range((period_in // count).bit_length() - 1))
    made = [
        Product(outputs, inputs, period_in, period_out, 1 << bits, count >> bits, folds)
        for bits in range(count.bit_length())
    ]
    fewest = min(each.rotations for each in made)
    return [each for each in made if each.rotations == fewest]


def diagonals(product: Product, weight: np.ndarray, width: int) -> np.ndarray:
    """The diagonals as they are multiplied by: ``[giant, baby, width]``.

    Those of giant step g are rotated back by ``g * baby`` places, since the sum that they are part
    of is rotated forward by as many.
    """
    import numpy as np

    padded = np.zeros((product.period_out, product.period_in))
    padded[: product.outputs, : product.inputs] = weight
    place = np.arange(width)
    made = np.empty((product.giant, product.baby, width))
    for giant in range(product.giant):
        back = (place - giant * product.baby) % width
        for baby in range(product.baby):
            number = giant * product.baby + baby
            made[giant, baby] = padded[
                back % product.period_out, (back + number) % product.period_in
            ]
    return made


def repeated(values: np.ndarray, period: int, width: int) -> np.ndarray:
    """Values padded to the period and repeated over the width."""
    import numpy as np

    return np.tile(np.pad(values, (0, period - len(values))), width // period)
