"""Which group a row belongs to, read from the numbers that a model reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import InputError
from workbench.fairness.audit.groups import MOST_GROUPS, MOST_VALUES, advise_min_rows

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.tabular import Feature

_RANGES = 4
REST = "all others"


@dataclass(frozen=True)
class GroupReader:
    """Groups by the values of some columns together.

    ``places`` are the columns of the sensitive features among those that the model reads, ``cuts``
    the upper ends of the ranges that a number is cut into (None: each value is its own). Groups
    that were too small, and values that were missing or not seen, are one group, ``all others``,
    the last of ``names``; it may be empty.
    """

    places: tuple[int, ...]
    cuts: tuple[np.ndarray | None, ...]
    keys: tuple[tuple[float, ...], ...]
    names: tuple[str, ...]
    sizes: tuple[int, ...]

    def codes(self, numbers: np.ndarray) -> np.ndarray:
        """The place of each row's group in ``names``: shape [rows]."""
        import numpy as np

        keys = _keys(numbers, self.places, self.cuts)
        found = np.full(len(numbers), len(self.keys))
        for place, key in enumerate(self.keys):
            found[(keys == np.asarray(key)).all(axis=1)] = place
        return found


def read_groups(
    features: Sequence[Feature], numbers: np.ndarray, sensitive: Sequence[str], *, min_rows: int
) -> GroupReader:
    """The groups of a table's rows.

    Args:
        features: What the columns of ``numbers`` are.
        numbers: Rows as a model reads them, ``[rows, features]``.
        sensitive: The names of the columns that make the groups.
        min_rows: Smaller groups are put together.

    Raises:
        InputError: There are fewer than two groups of that size, or too many.
    """
    import numpy as np

    by_name = {feature.name: place for place, feature in enumerate(features)}
    places = tuple(by_name[name] for name in sensitive)
    cuts = tuple(
        None if features[place].is_category else _cuts(numbers[:, place]) for place in places
    )
    keys, counts = np.unique(_keys(numbers, places, cuts), axis=0, return_counts=True)
    kept = [
        (tuple(float(part) for part in key), int(count))
        for key, count in zip(keys, counts, strict=True)
        if count >= min_rows and (key >= 0).all()
    ]
    if not 2 <= len(kept) <= MOST_GROUPS:
        raise InputError(
            f"{' and '.join(sensitive)} make {len(kept)} groups of at least {min_rows} rows; "
            f"2 to {MOST_GROUPS} can be made equal",
            hint=advise_min_rows(
                [int(n) for key, n in zip(keys, counts, strict=True) if (key >= 0).all()],
                min_rows=min_rows,
                most=MOST_GROUPS,
            ),
        )
    chosen = [features[place] for place in places]
    names = [
        ", ".join(
            f"{feature.name}={_value(feature, part, cut)}"
            for feature, part, cut in zip(chosen, key, cuts, strict=True)
        )
        for key, _ in kept
    ]
    rest = len(numbers) - sum(count for _, count in kept)
    return GroupReader(
        places,
        cuts,
        tuple(key for key, _ in kept),
        (*names, REST),
        (*(count for _, count in kept), rest),
    )


def _cuts(values: np.ndarray) -> np.ndarray | None:
    import numpy as np

    known = values[~np.isnan(values)]
    if len(np.unique(known)) <= MOST_VALUES:
        return None
    edges: np.ndarray = np.unique(np.quantile(known, np.linspace(0, 1, _RANGES + 1)[1:-1]))
    return edges


def _keys(
    numbers: np.ndarray, places: Sequence[int], cuts: Sequence[np.ndarray | None]
) -> np.ndarray:
    """A number for each sensitive value, -1 where it is missing: ``[rows, places]``."""
    import numpy as np

    found = np.full((len(numbers), len(places)), -1.0)
    for at, (place, cut) in enumerate(zip(places, cuts, strict=True)):
        values = numbers[:, place]
        known = ~np.isnan(values)
        if cut is not None:
            found[known, at] = np.searchsorted(cut, values[known], side="left")
        else:
            found[known, at] = values[known]
    return found


def _value(feature: Feature, part: float, cut: np.ndarray | None) -> str:
    if cut is None:
        return str(feature.value_of(part))
    at = int(part)
    low = "" if at == 0 else f"over {cut[at - 1]:g}"
    high = "" if at == len(cut) else f"up to {cut[at]:g}"
    return " ".join(filter(None, (low, high)))
