"""Thousands of resamples of count metrics in milliseconds: a multinomial draw over count cells.

A row bootstrap draws n rows with replacement. A count metric sees of a row only its cell (group, y,
y_hat), and how often each cell is drawn is multinomial with n draws and the observed shares. So the
draw over a few dozen cells has the distribution of the row bootstrap, group sizes included, without
touching a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .confusion import CountMetric, MeanOfTwo
from .resampled import Resampled

if TYPE_CHECKING:
    import numpy as np


def draw_cells(cells: np.ndarray, *, draws: int, seed: int) -> np.ndarray:
    """Resampled counts: shape [draws, *cells.shape], each summing to ``cells.sum()``."""
    import numpy as np

    generator = np.random.default_rng(seed)
    flat = cells.ravel()
    filled = np.flatnonzero(flat)  # an empty cell stays empty, whatever rounding leaves over
    drawn = np.zeros((draws, len(flat)), np.int64)
    drawn[:, filled] = generator.multinomial(flat.sum(), flat[filled] / flat.sum(), size=draws)
    return drawn.reshape(draws, *cells.shape)


def resample_counts(
    cells: np.ndarray,
    metrics: Sequence[CountMetric | MeanOfTwo],
    *,
    draws: int,
    seed: int,
    min_denominator: int = 10,
) -> list[Resampled]:
    """Each metric in each group and for everyone, with its resamples.

    Args:
        cells: Shape [groups + 1, 4]; the last row belongs to no judged group.
        metrics: What to measure.
        draws: How many resamples.
        seed: The same seed gives the same draws.
        min_denominator: A metric that rests on fewer rows of a group is NaN there.
    """
    drawn = draw_cells(cells, draws=draws, seed=seed)
    return resampled_metrics(cells, drawn, metrics, seed=seed, min_denominator=min_denominator)


def resampled_metrics(
    cells: np.ndarray,
    drawn_cells: np.ndarray,
    metrics: Sequence[CountMetric | MeanOfTwo],
    *,
    seed: int,
    min_denominator: int = 10,
) -> list[Resampled]:
    """``resample_counts`` for cells [groups + 1, 4] that were drawn already [B, groups + 1, 4]."""
    import numpy as np

    counts, drawn = _with_everyone(cells), _with_everyone(drawn_cells)
    generator = np.random.default_rng((seed, 1))
    found = []
    for metric in metrics:
        rows = metric.rows(counts)
        estimates = np.where(rows >= min_denominator, metric.values(counts), np.nan)
        values, at_edge = _resampled_values(metric, drawn, counts, generator)
        found.append(
            Resampled(
                metric.name,
                estimates,
                values,
                _influence(metric, cells, counts),
                cells.ravel(),
                rows,
                at_edge,
                metric.is_loss,
            )
        )
    return found


def filled_up(values: np.ndarray) -> np.ndarray:
    """Draws in which a metric is not defined take the value of another draw of the same place.

    That is the distribution given that the metric is defined. Shape [B, T].
    """
    import numpy as np

    for place in np.flatnonzero(np.isnan(values).any(axis=0)):
        known = ~np.isnan(values[:, place])
        if known.any():
            missing = np.flatnonzero(~known)
            values[missing, place] = np.resize(values[known, place], len(missing))
    return values


def _with_everyone(cells: np.ndarray) -> np.ndarray:
    """The judged groups and, in the last place, all rows: [..., G + 1, 4] to the same shape."""
    import numpy as np

    return np.concatenate([cells[..., :-1, :], cells.sum(axis=-2, keepdims=True)], axis=-2)


def _influence(metric: CountMetric | MeanOfTwo, cells: Any, counts: Any) -> Any:
    """Shape [T, cells]: what one more row in a cell does to each place's estimate."""
    import numpy as np

    groups = len(cells) - 1
    slopes = np.nan_to_num(metric.slopes(counts))
    influence = np.zeros((groups + 1, groups + 1, 4))
    own = np.arange(groups)
    influence[own, own] = slopes[:-1]
    influence[groups] = slopes[-1]
    return influence.reshape(groups + 1, -1)


def _resampled_values(metric: Any, drawn: Any, counts: Any, generator: Any) -> tuple[Any, Any]:
    """The metric in each draw [B, T], and where none or all rows count [T]."""
    if isinstance(metric, MeanOfTwo):
        parts = [
            _resampled_values(part, drawn, counts, generator)
            for part in (metric.first, metric.second)
        ]
        (first, one), (second, two) = parts
        return (first + second) / 2, one | two
    values, estimates = filled_up(metric.values(drawn)), metric.values(counts)
    _spread_edges(values, estimates, metric.rows(counts), generator)
    return values, (estimates == 0) | (estimates == 1)


def _spread_edges(values: Any, estimates: Any, rows: Any, generator: Any) -> None:
    """Where none or all rows count, every resample is the same, which is no interval.

    The draws then come from the confidence distribution whose quantiles are the ends of Clopper and
    Pearson's exact interval (Biometrika 1934): Beta(1, rows) at 0, Beta(rows, 1) at 1.
    """
    import numpy as np

    for edge in (0, 1):
        for place in np.flatnonzero(estimates == edge):
            spread = generator.beta(1, rows[place], len(values))
            values[:, place] = spread if edge == 0 else 1 - spread
