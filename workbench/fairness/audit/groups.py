"""Rows to groups: intersections of sensitive columns; those too small to be judged set aside."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError

from .result import Exclusion

if TYPE_CHECKING:
    import numpy as np

EVERYONE = "everyone"
MISSING = "(missing)"
_NONE = "\x01"  # what is missing, until it is named: a value may be the text "(missing)"
# A number with more values than this is cut into ranges; text with more groups is refused.
MOST_VALUES = 20
MOST_GROUPS = 50


@dataclass(frozen=True)
class Groups:
    """Which row belongs to which group.

    ``codes`` has shape [n]: a place in ``names``, or ``len(names)`` for rows that belong to none of
    them. ``cut`` says how number columns were cut into ranges.
    """

    names: tuple[str, ...]
    codes: np.ndarray
    sizes: tuple[int, ...]
    excluded: tuple[Exclusion, ...]
    cut: tuple[str, ...] = ()


def make_groups(columns: Mapping[str, Any], *, min_rows: int = 30, ranges: int = 4) -> Groups:
    """The groups that the values of the sensitive columns make together.

    Args:
        columns: Name to values, each of shape [n]. None and NaN are missing.
        min_rows: A group with fewer rows is not judged but listed.
        ranges: Into how many ranges of equally many rows a number column is cut that has more
            than 20 values.

    Raises:
        InputError: There are no rows, lengths differ, a column has one value, there are too many
            groups, or fewer than two are large enough.
    """
    import numpy as np

    lengths = {name: len(values) for name, values in columns.items()}
    if not columns or len(set(lengths.values())) != 1 or not next(iter(lengths.values())):
        raise InputError(
            f"the sensitive columns have {lengths or 'no'} rows; they need the same number, not 0",
            hint="name at least one column with a value for each row",
        )
    if min_rows < 1 or ranges < 2:
        raise InputError(f"min_rows {min_rows} and ranges {ranges} must be at least 1 and 2")
    cut: list[str] = []
    labels = {name: _labels(name, values, ranges, cut) for name, values in columns.items()}
    parts = [np.unique(found, return_inverse=True) for found in labels.values()]
    shape = tuple(len(values) for values, _ in parts)
    flat = np.ravel_multi_index([codes for _, codes in parts], shape)
    present, codes, counts = np.unique(flat, return_inverse=True, return_counts=True)
    places = np.unravel_index(present, shape)
    names = [
        ", ".join(
            f"{name}={MISSING if values[place[at]] == _NONE else values[place[at]]}"
            for name, (values, _), place in zip(labels, parts, places, strict=True)
        )
        for at in range(len(present))
    ]
    unknown = np.any(
        [(values == _NONE)[place] for (values, _), place in zip(parts, places, strict=True)], axis=0
    )
    return _judge(names, unknown, codes, counts, list(labels), min_rows, tuple(cut))


def _judge(
    names: list[str],
    unknown: Any,
    codes: Any,
    counts: Any,
    columns: list[str],
    min_rows: int,
    cut: tuple[str, ...],
) -> Groups:
    import numpy as np

    excluded, kept = [], []
    for at, name in enumerate(names):
        rows = int(counts[at])
        if unknown[at]:
            excluded.append(Exclusion(name, rows, "a sensitive value is missing"))
        elif rows < min_rows:
            excluded.append(
                Exclusion(name, rows, f"fewer than {min_rows} rows: too few to judge a group by")
            )
        else:
            kept.append(at)
    if len(kept) > MOST_GROUPS:
        raise InputError(
            f"{' and '.join(columns)} make {len(kept)} groups; at most {MOST_GROUPS} are compared",
            hint="put values together first, or raise min_rows",
        )
    if len(kept) < 2:
        largest = ", ".join(f"{e.group} ({e.n})" for e in sorted(excluded, key=lambda e: -e.n)[:3])
        raise InputError(
            f"{' and '.join(columns)} make {len(kept)} groups of at least {min_rows} rows out of "
            f"{len(names)}; two are needed" + (f"; left out: {largest}" if largest else ""),
            hint="put values together first, or lower min_rows",
        )
    to_kept = np.full(len(names), len(kept))
    to_kept[kept] = np.arange(len(kept))
    return Groups(
        tuple(names[at] for at in kept),
        to_kept[codes],
        tuple(int(counts[at]) for at in kept),
        tuple(excluded),
        cut,
    )


def _labels(name: str, values: Any, ranges: int, cut: list[str]) -> Any:
    """A text for each row: its value, its range, or that it is missing."""
    import numpy as np
    import pandas as pd

    series = pd.Series(values, dtype=None if hasattr(values, "dtype") else object)
    missing = series.isna().to_numpy()
    known = series[~missing]
    if known.nunique() < 2:
        raise InputError(
            f"the sensitive column {name!r} has {'one value' if len(known) else 'no value'} in all "
            "its rows: there is nothing to compare",
            hint="choose another column",
        )
    is_number = pd.api.types.is_numeric_dtype(known) and not pd.api.types.is_bool_dtype(known)
    if not is_number and known.map(type).isin((int, float)).all():
        known, is_number = known.astype(float), True
    labels = np.full(len(series), _NONE, dtype=object)
    if is_number and known.nunique() > MOST_VALUES:
        labels[~missing] = _ranges(known.to_numpy(dtype=float), ranges)
        cut.append(f"{name} was cut into {ranges} ranges of about equally many rows")
    else:
        labels[~missing] = known.map(_text).to_numpy()
    return labels.astype(str)


def _ranges(values: np.ndarray, ranges: int) -> list[str]:
    import numpy as np

    edges = np.unique(np.quantile(values, np.linspace(0, 1, ranges + 1)[1:-1]))
    which = np.searchsorted(edges, values, side="left")
    names = {}
    for place in np.unique(which):
        inside = values[which == place]
        names[place] = f"{_text(inside.min())}..{_text(inside.max())}"
    return [names[place] for place in which]


def _text(value: Any) -> str:
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:g}"
    return str(value)
