"""Conditions on single columns, of which slices are made: a value, or a range of a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np

_MOST_VALUES = 20  # a number with more is cut into ranges; of text the most frequent are taken


@dataclass(frozen=True)
class Items:
    """M conditions and which rows meet them.

    ``texts`` say each condition, ``columns`` name the column that each is on, ``meets`` has shape
    [n, M]. ``left_out`` names columns of which there is no condition, with the reason.
    """

    texts: tuple[str, ...]
    columns: tuple[str, ...]
    meets: np.ndarray
    left_out: tuple[tuple[str, str], ...]


def make_items(columns: Mapping[str, Any], *, min_rows: int, ranges: int = 4) -> Items:
    """The conditions on columns that at least ``min_rows`` rows meet, and not all rows do.

    Args:
        columns: Name to values, each of shape [n]; a missing value is a value of its own.
        min_rows: The least size of a slice.
        ranges: Into how many ranges of equally many rows numbers with over 20 values are cut.

    Raises:
        InputError: No column has two values that enough rows have.
    """
    import numpy as np

    texts: list[str] = []
    owners: list[str] = []
    meets: list[Any] = []
    left: list[tuple[str, str]] = []
    rows = 0
    for name, values in columns.items():
        labels = _labels(values, ranges)
        rows = len(labels)
        found, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
        often = [at for at in np.argsort(-counts, kind="stable") if min_rows <= counts[at] < rows]
        if not often:
            why = "it has one value" if len(found) < 2 else f"no value has {min_rows} rows"
            left.append((name, why))
        elif len(often) > _MOST_VALUES:
            left.append((name, f"only its {_MOST_VALUES} most frequent values were looked at"))
        for at in often[:_MOST_VALUES]:
            texts.append(f"{name}{found[at]}")
            owners.append(name)
            meets.append(codes == at)
    if not meets:
        said = "; ".join(f"{name}: {why}" for name, why in left[:5])
        raise InputError(
            f"there is nothing to slice {rows} rows by ({said})",
            hint="give columns with several values, or lower min_rows",
        )
    return Items(tuple(texts), tuple(owners), np.array(meets).T, tuple(left))


def _labels(values: Any, ranges: int) -> Any:
    """Each row's condition without the column's name: `` = value`` or `` in low..high``."""
    import numpy as np
    import pandas as pd

    series = pd.Series(values)
    labels = np.full(len(series), " is missing", dtype=object)
    known = series.notna().to_numpy()
    numeric = pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series)
    if numeric and series.nunique() > _MOST_VALUES:
        numbers = series[known].to_numpy(dtype=float)
        edges = np.unique(np.quantile(numbers, np.linspace(0, 1, ranges + 1)[1:-1]))
        which = np.searchsorted(edges, numbers, side="left")
        names = [_range(numbers[which == at]) for at in range(len(edges) + 1)]
        labels[known] = np.array(names, dtype=object)[which]
    else:
        labels[known] = (" = " + series[known].astype(str)).to_numpy()
    return labels.astype(str)


def _range(inside: Any) -> str:
    if not len(inside):
        return ""
    low, high = inside.min(), inside.max()
    return f" = {low:g}" if low == high else f" in {low:g}..{high:g}"
