"""The row bootstrap for metrics that need the rows, as weights: how often each row was drawn.

Rows that belong together (the items of one query) are drawn together, which is the bootstrap of
clusters: a ranking is one observation, not its items.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.progress import progress

from .count_bootstrap import filled_up
from .resampled import Resampled
from .row_metrics import RowMetric

if TYPE_CHECKING:
    import numpy as np

_BLOCK_ITEMS = 2_000_000  # weights at a time: 16 MB


def draw_weights(clusters: Any, *, draws: int, seed: int, first: int = 0) -> np.ndarray:
    """How often each row is drawn: shape [draws, n].

    Args:
        clusters: Each row's cluster, shape [n], from 0 on; equal to ``arange(n)`` where rows are
            drawn one by one.
        draws: How many resamples.
        seed: With ``first``, the number of the first of them, it gives the same weights.
    """
    import numpy as np

    generator = np.random.default_rng((seed, 2, first))
    units = int(clusters.max()) + 1
    drawn = generator.integers(0, units, (draws, units))
    flat = (drawn + units * np.arange(draws)[:, None]).ravel()
    counts = np.bincount(flat, minlength=units * draws).reshape(draws, units)
    return counts[:, clusters]


def resample_rows(
    make: Callable[[np.ndarray], Sequence[RowMetric]],
    codes: Any,
    groups: int,
    *,
    draws: int,
    seed: int,
    clusters: Any = None,
    min_denominator: int = 10,
    losses: Sequence[str] = (),
    points: Mapping[str, np.ndarray] | None = None,
) -> list[Resampled]:
    """Each metric in each group and for everyone, with its resamples.

    Args:
        make: Rows' places [m] to the metrics over them.
        codes: Each row's group, shape [n].
        groups: How many are judged.
        draws: How many resamples.
        seed: The same seed gives the same draws.
        clusters: Rows drawn together, shape [n]; by default each row by itself.
        min_denominator: A metric that rests on fewer rows of a group is NaN there.
        losses: The metrics of which more is worse.
        points: Estimates [groups + 1] that another library gives, by metric.
    """
    import numpy as np

    n = len(codes)
    units = np.arange(n) if clusters is None else clusters
    members = [np.flatnonzero(codes == at) for at in range(groups)] + [np.arange(n)]
    metrics = [list(make(rows)) for rows in members]
    drawn = np.empty((len(metrics[0]), draws, len(members)))
    block = max(1, min(draws, _BLOCK_ITEMS // n))
    with progress("resample rows", total=draws, unit="draws") as task:
        for start in range(0, draws, block):
            check_cancelled()
            size = min(block, draws - start)
            weights = draw_weights(units, draws=size, seed=seed, first=start)
            weights = weights.astype(float)  # once, not in each product
            for place, rows in enumerate(members):
                own = weights if place == groups else weights[:, rows]
                for which, metric in enumerate(metrics[place]):
                    drawn[which, start : start + size, place] = metric.evaluate(own)
            task.update(start + size)
    return [
        _gathered(
            [per_place[which] for per_place in metrics],
            members,
            units,
            drawn[which],
            min_denominator=min_denominator,
            losses=losses,
            points=(points or {}).get(metrics[0][which].name),
        )
        for which in range(len(metrics[0]))
    ]


def _gathered(
    metrics: Sequence[RowMetric],
    members: Sequence[np.ndarray],
    units: Any,
    drawn: Any,
    *,
    min_denominator: int,
    losses: Sequence[str],
    points: Any,
) -> Resampled:
    import numpy as np

    name = metrics[0].name
    rows = np.array([metric.rows for metric in metrics])
    ones = [
        metric.evaluate(np.ones((1, len(m))))[0] for metric, m in zip(metrics, members, strict=True)
    ]
    estimates = np.where(rows >= min_denominator, np.array(ones), np.nan)
    estimates[drawn.std(axis=0) == 0] = np.nan  # the audit says why there is no interval
    if points is not None:
        estimates = np.where(np.isnan(estimates), np.nan, points)
    influence = np.zeros((len(members), int(units.max()) + 1))
    for place, (metric, own) in enumerate(zip(metrics, members, strict=True)):
        np.add.at(influence[place], units[own], metric.influence)
    return Resampled(
        name,
        estimates,
        filled_up(drawn),
        influence,
        np.ones(influence.shape[1]),
        rows,
        np.zeros(len(members), bool),
        name in losses,
    )
