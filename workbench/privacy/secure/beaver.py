"""Products of shared secrets by triples that were dealt beforehand, entry by entry or of matrices.

Beaver, *Efficient Multiparty Protocols Using Circuit Randomization*, CRYPTO 1991; for matrices as
in Mohassel and Zhang, *SecureML*, IEEE S&P 2017. The dealer shares random a, b and c = a b. The
servers open d = x - a and e = y - b, which are uniform, and x y = c + d b + a e + d e. A triple is
used once: with a mask used twice the difference of two secrets would be open.
"""

from __future__ import annotations

import numpy as np

from .material import Dealing, Supply

Shape = tuple[int, ...]


def product(left: np.ndarray, right: np.ndarray, *, matrix: bool) -> np.ndarray:
    """The product in the ring."""
    found: np.ndarray = left @ right if matrix else left * right
    return found


def product_shape(left: Shape, right: Shape, *, matrix: bool) -> Shape:
    """Of ``product``."""
    return (left[0], right[1]) if matrix else left


def deal(dealing: Dealing, left: Shape, right: Shape, matrix: bool) -> None:
    """The dealer's part."""
    a, b = dealing.words(left), dealing.words(right)
    dealing.give_words(product(a, b, matrix=matrix))


def take(
    supply: Supply, left: Shape, right: Shape, *, matrix: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A server's shares of a, b and their product."""
    supply.ask("product", left, right, matrix)
    a, b = supply.words(left), supply.words(right)
    return a, b, supply.given_words(product_shape(left, right, matrix=matrix))


def finish(
    triple: tuple[np.ndarray, np.ndarray, np.ndarray],
    d: np.ndarray,
    e: np.ndarray,
    *,
    matrix: bool,
    first: bool,
) -> np.ndarray:
    """A server's share of x y from the opened d and e; ``first`` for server 0, which adds d e."""
    a, b, c = triple
    right = b + e if first else b
    return c + product(d, right, matrix=matrix) + product(a, e, matrix=matrix)
