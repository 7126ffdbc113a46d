"""How near a made table is to the real one: for whoever may see the real one, and nobody else."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.viewers import Viewable

from .domain import Column, encode_rows

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class SynthesisQuality(Viewable):
    """Total variation distances, 0 to 1, between marginals of two tables.

    ``singles`` and ``pairs`` are means over columns and over all pairs of them, ``worst_pair`` the
    largest, of the columns ``worst``.
    """

    singles: float
    pairs: float
    worst_pair: float
    worst: tuple[str, str]


def compare_tables(
    real: Mapping[str, Sequence[Any]],
    made: Mapping[str, Sequence[Any]],
    columns: Sequence[Column],
) -> SynthesisQuality:
    """The distances of all marginals of one and two columns. No noise is on them."""
    import numpy as np

    first, second = encode_rows(real, columns), encode_rows(made, columns)
    sizes = [each.cells for each in columns]

    def apart(*places: int) -> float:
        shape = [sizes[place] for place in places]
        return float(abs(_shares(first, places, shape) - _shares(second, places, shape)).sum() / 2)

    count = len(columns)
    found = {pair: apart(*pair) for pair in itertools.combinations(range(count), 2)}
    worst = max(found, key=lambda pair: found[pair])
    return SynthesisQuality(
        singles=float(np.mean([apart(place) for place in range(count)])),
        pairs=float(np.mean(list(found.values()))),
        worst_pair=found[worst],
        worst=(columns[worst[0]].name, columns[worst[1]].name),
    )


def _shares(cells: np.ndarray, places: Sequence[int], shape: list[int]) -> np.ndarray:
    import numpy as np

    flat = np.ravel_multi_index(tuple(cells[:, list(places)].T), shape)
    return np.bincount(flat, minlength=int(np.prod(shape))) / len(cells)
