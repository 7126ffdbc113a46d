"""The risk that somebody is found again (El Emam and Dankar 2008), for three who try.

The *prosecutor* knows that a certain person is in the table. The *journalist* wants to find anybody
and holds a list of the population that the table was drawn from. The *marketer* wants to find as
many as possible and does not mind mistakes.
"""

from __future__ import annotations

from typing import Any


def prosecutor(sizes: Any) -> tuple[float, float]:
    """The greatest and the mean risk: one over the size of a row's class."""
    return float(1.0 / sizes.min()), float(len(sizes) / sizes.sum())


def journalist(sizes: Any, population: Any) -> float:
    """The greatest risk: one over the size of the class in the population.

    Args:
        sizes: Rows of each class in the table.
        population: Rows of the same classes in the population, at least as many.
    """
    import numpy as np

    return float(1.0 / np.maximum(population, sizes).min())


def marketer(sizes: Any, population: Any) -> float:
    """The share of rows that are matched rightly if each is matched within its class by chance."""
    import numpy as np

    return float((sizes / np.maximum(population, sizes)).sum() / sizes.sum())
