"""Slices from a shallow regression tree of the losses, grown on one half and judged on the other.

A tree finds cuts of numbers that no fixed ranges have. Its leaves were chosen because they are bad,
so their error on the rows that chose them says nothing; the other half's does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .slice_tests import ExcessTest

if TYPE_CHECKING:
    import numpy as np

_MOST_VALUES = 20


@dataclass(frozen=True)
class Leaf:
    """One leaf: its conditions, all rows in it [n], and its p-value on the half that judges."""

    text: str
    rows: np.ndarray
    p_value: float


def grow_tree(
    columns: Mapping[str, Any], losses: Any, *, depth: int, min_rows: int, seed: int
) -> tuple[list[Leaf], np.ndarray]:
    """The leaves with ``min_rows`` rows or more in each half, and the rows that judge [n].

    Args:
        columns: Name to values of shape [n].
        losses: Shape [n].
        depth: Of the tree.
        min_rows: The least size of a leaf in either half.
        seed: Of the halves.
    """
    import numpy as np
    from sklearn.tree import DecisionTreeRegressor

    losses = np.asarray(losses, float)
    numbers, names = _numbers(columns)
    judges = np.random.default_rng((seed, 3)).permutation(len(losses)) % 2 == 0
    if (~judges).sum() < 2 * min_rows:
        return [], judges
    tree = DecisionTreeRegressor(max_depth=depth, min_samples_leaf=min_rows, random_state=seed)
    tree.fit(numbers[~judges], losses[~judges])
    leaf_of = tree.apply(numbers)
    test = ExcessTest(losses[judges])
    leaves = []
    for node, text in _paths(tree.tree_, names):
        rows = leaf_of == node
        inside = rows[judges]
        if not min_rows <= inside.sum() <= len(inside) - min_rows:
            continue
        size, total = np.array([inside.sum()]), np.array([test.scores[inside].sum()])
        leaves.append(Leaf(text, rows, float(test.p_values(size, total)[0])))
    return leaves, judges


def _numbers(columns: Mapping[str, Any]) -> tuple[np.ndarray, list[tuple[str, str | None]]]:
    """Columns as numbers [n, k], and for each its column and the value that it stands for.

    A number that is missing takes the median, and a column of its own says that it is missing.
    """
    import numpy as np
    import pandas as pd

    found: list[Any] = []
    names: list[tuple[str, str | None]] = []
    for name, values in columns.items():
        series = pd.Series(values)
        if pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series):
            numbers = series.astype(float)
            if numbers.isna().any():
                found.append(numbers.isna().to_numpy(dtype=float))
                names.append((name, "(missing)"))
            found.append(numbers.fillna(numbers.median()).fillna(0.0).to_numpy())
            names.append((name, None))
            continue
        texts = series.astype(object).where(series.notna(), "(missing)").astype(str)
        for value in texts.value_counts().index[:_MOST_VALUES]:
            found.append((texts == value).to_numpy(dtype=float))
            names.append((name, str(value)))
    return np.column_stack(found), names


def _paths(tree: Any, names: list[tuple[str, str | None]]) -> list[tuple[int, str]]:
    """Each leaf with its conditions; two on the same number become one range."""
    leaves = []
    stack: list[tuple[int, dict[str, Any]]] = [(0, {})]
    while stack:
        node, known = stack.pop()
        if tree.children_left[node] < 0:
            leaves.append((node, " and ".join(_say(*item) for item in known.items()) or "all rows"))
            continue
        name, value = names[tree.feature[node]]
        cut = float(tree.threshold[node])
        for child, is_left in (
            (tree.children_left[node], True),
            (tree.children_right[node], False),
        ):
            kept = dict(known)
            if value is not None:
                kept[f"{name} = {value}"] = not is_left
            else:
                low, high = kept.get(name, (None, None))
                kept[name] = (low, cut) if is_left else (cut, high)
            stack.append((int(child), kept))
    return leaves


def _say(name: str, what: Any) -> str:
    if isinstance(what, bool) and name.endswith(" = (missing)"):
        return name.replace(" = (missing)", " is missing" if what else " is not missing")
    if isinstance(what, bool):
        return name if what else name.replace(" = ", " is not ", 1)
    low, high = what
    if low is None:
        return f"{name} <= {high:g}"
    return f"{name} > {low:g}" if high is None else f"{name} in {low:g}..{high:g}"
