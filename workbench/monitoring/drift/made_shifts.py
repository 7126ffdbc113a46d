"""Covariate shifts of Adult, made by drawing its rows with unequal chances. Frozen before tuning.

A row's chance to be drawn depends on its inputs alone, so incomes given the inputs stay what they
were: covariate shift by its definition. Each kind comes in sizes; the effective share of rows says
how unequal the chances are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

KINDS = (
    "none",
    "older",
    "younger",
    "schooled",
    "unschooled",
    "women",
    "married",
    "private",
    "long",
)
SIZES = (0.5, 1.0, 2.0)


def draw_shifted(
    rows: pd.DataFrame, kind: str, size: float, *, draws: int = 4000, seed: int = 0
) -> np.ndarray:
    """Which rows are drawn, with replacement: indices of shape ``[draws]``.

    Args:
        rows: Adult's columns.
        kind: One of ``KINDS``.
        size: The log of how much likelier a row is for each unit of what it is tilted by: a
            standard deviation of a number, or having the property.
        draws: How many.
        seed: Of the draw.
    """
    import numpy as np

    tilt = np.exp(size * _direction(rows, kind))
    chances = tilt / tilt.sum()
    found: np.ndarray = np.random.default_rng(seed).choice(len(rows), draws, p=chances)
    return found


def _direction(rows: pd.DataFrame, kind: str) -> np.ndarray:
    import numpy as np

    signs = {
        "older": ("age", 1.0),
        "younger": ("age", -1.0),
        "schooled": ("education_num", 1.0),
        "unschooled": ("education_num", -1.0),
        "long": ("hours_per_week", 1.0),
    }
    if kind in signs:
        name, sign = signs[kind]
        values = rows[name].to_numpy(float)
        return np.asarray(sign * (values - values.mean()) / values.std())
    marks = {
        "women": ("sex", "Female"),
        "married": ("marital_status", "Married-civ-spouse"),
        "private": ("workclass", "Private"),
    }
    if kind in marks:
        name, value = marks[kind]
        return np.asarray((rows[name] == value).to_numpy(float))
    return np.zeros(len(rows))
