"""How a model's output goes with one column: partial dependence and the single rows' lines.

Each row is asked about with the column at each value of a grid, whatever its other columns are; the
mean of these lines is the partial dependence. scikit-learn computes them.

References:
    Friedman, "Greedy function approximation", Annals of Statistics 29 (2001), section 8.2.
    Goldstein et al., "Peeking inside the black box", JCGS 24 (2015): individual conditional
    expectation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError, NotFoundError
from workbench.core.seeds import derive_seed
from workbench.core.viewers import Viewable

from .outputs import Output, choose_output

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.tabular.features import Feature
    from workbench.models.tabular.model import TabularModel


@dataclass(frozen=True)
class Dependence(Viewable):
    """How the output goes with one column.

    ``grid`` are its values in order (None is missing), ``shares`` how many of the rows lie nearest
    to each. ``mean`` is the partial dependence with its interval ``low`` to ``high`` over rows;
    ``lines`` are some rows' own, ``[lines][grid]``, all in ``unit``. ``crossing`` is the share of
    rows whose line runs against the mean's (correlation below 0): where it is large, the mean hides
    what happens.
    """

    model: str
    data: str
    feature: str
    kind: str
    output: str
    unit: str
    grid: tuple[Any, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    shares: tuple[float, ...]
    lines: tuple[tuple[float, ...], ...]
    crossing: float
    rows: int
    confidence: float
    seed: int
    notes: tuple[str, ...] = ()


def compute_dependence(
    model: TabularModel,
    table: Any,
    feature: str,
    *,
    of: Any = None,
    scale: str | None = None,
    points: int = 20,
    rows: int = 500,
    lines: int = 40,
    confidence: float = 0.95,
    seed: int = 0,
) -> Dependence:
    """The partial dependence of a model's output on one column, with some rows' lines.

    Args:
        model: Any fitted model of a table.
        table: Rows such as the model meets.
        feature: The column.
        of: The class; by default the last of two.
        scale: ``margin`` or ``probability``; by default the probability.
        points: Of the grid: quantiles of a number between its 1st and 99th percentile, or the most
            frequent categories. What is missing in some rows is a point of its own.
        rows: At most so many rows, drawn.
        lines: So many of the rows' lines are kept.
        confidence: Of the mean's interval (normal, over rows).
        seed: Of the drawn rows.

    Raises:
        NotFoundError: The model reads no such column, or there is no such class.
        InputError: Too few rows, or a bad parameter.
    """
    import numpy as np
    from scipy.stats import norm

    if feature not in model.features:
        raise NotFoundError.among("feature", feature, model.features)
    _check(points=points, rows=rows, lines=lines, confidence=confidence)
    if scale is None and model.is_classifier and hasattr(model.estimator, "predict_proba"):
        scale = "probability"
    output = choose_output(model, of, scale=scale)
    numbers = model.to_numbers(table)
    if len(numbers) < 2:
        raise InputError(f"{len(numbers)} rows are too few: at least 2 are needed")
    at = model.features.index(feature)
    column = model.columns[at]
    grid = choose_grid(column, numbers[:, at], points=points)
    random = np.random.default_rng(derive_seed(seed, "dependence"))
    drawn = numbers[np.sort(random.permutation(len(numbers))[:rows])]
    mean, all_lines = _curves(model, output, drawn, at, grid)
    half = norm.ppf((1 + confidence) / 2) * all_lines.std(axis=0, ddof=1) / np.sqrt(len(drawn))
    return Dependence(
        model=model.name,
        data="a table",
        feature=feature,
        kind=column.kind,
        output=output.name,
        unit=output.unit,
        grid=tuple(column.value_of(value) for value in grid),
        mean=tuple(mean.tolist()),
        low=tuple((mean - half).tolist()),
        high=tuple((mean + half).tolist()),
        shares=_shares(column, grid, numbers[:, at]),
        lines=tuple(tuple(line) for line in all_lines[:lines].tolist()),
        crossing=_crossing(all_lines, mean),
        rows=len(drawn),
        confidence=confidence,
        seed=seed,
    )


def _check(*, points: int, rows: int, lines: int, confidence: float) -> None:
    if points < 2 or rows < 2 or lines < 0 or not 0 < confidence < 1:
        raise InputError(
            f"points {points}, rows {rows}, lines {lines}, confidence {confidence:g} are not all "
            "allowed",
            hint="points and rows at least 2, lines at least 0, 0 < confidence < 1",
        )


def _curves(
    model: TabularModel, output: Output, rows: np.ndarray, at: int, grid: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The mean over rows, ``[grid]``, and each row's line, ``[rows, grid]``."""
    from sklearn.inspection import partial_dependence

    from .asked_model import as_regressor

    check_cancelled()
    found = partial_dependence(
        as_regressor(model, output),
        rows,
        [at],
        custom_values={at: grid},
        method="brute",
        kind="both",
    )
    return found["average"][0], found["individual"][0]


def choose_grid(column: Feature, values: np.ndarray, *, points: int) -> np.ndarray:
    """The values at which rows are asked about, as numbers; NaN last if some are missing.

    Raises:
        InputError: The rows have fewer than two different values.
    """
    import numpy as np

    known = values[~np.isnan(values)]
    found, counts = np.unique(known, return_counts=True)
    if len(found) + bool(np.isnan(values).any()) < 2:
        raise InputError(
            f"{column.name!r} has {len(found)} different values in these rows; there is no curve",
            hint="give rows that differ in it",
        )
    if len(found) > points:
        if column.is_category:
            found = np.sort(found[np.argsort(-counts, kind="stable")[:points]])
        else:
            places = np.linspace(0.01, 0.99, points)
            found = np.unique(np.quantile(known, places, method="nearest"))
    return np.append(found, np.nan) if np.isnan(values).any() else found


def _shares(column: Feature, grid: np.ndarray, values: np.ndarray) -> tuple[float, ...]:
    import numpy as np

    counts = np.zeros(len(grid))
    for at, point in enumerate(grid):
        if np.isnan(point):
            counts[at] = np.isnan(values).sum()
        elif column.is_category:
            counts[at] = (values == point).sum()
    if not column.is_category:
        points = grid[~np.isnan(grid)]
        known = values[~np.isnan(values)]
        nearest = np.searchsorted((points[1:] + points[:-1]) / 2, known)
        counts[: len(points)] = np.bincount(nearest, minlength=len(points))
    return tuple((counts / len(values)).tolist())


def _crossing(lines: np.ndarray, mean: np.ndarray) -> float:
    import numpy as np

    centred = lines - lines.mean(axis=1, keepdims=True)
    against = centred @ (mean - mean.mean())
    return float(np.mean(against < 0))
