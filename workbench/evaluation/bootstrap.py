"""Bootstrap confidence intervals: percentile and BCa (Efron 1987), one- or two-sided pairs.

Resampling is by rows: several samples given together are resampled with the same indices, which
is what a paired difference needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError
from workbench.core.viewers import Viewable

if TYPE_CHECKING:
    import numpy as np

Statistic = Callable[..., "np.ndarray | float"]
METHODS = ("bca", "percentile")
# Indices drawn at a time: 8 bytes each, so a block stays in 32 MB whatever the sample's size.
_BLOCK_ITEMS = 4_000_000


@dataclass(frozen=True)
class Interval(Viewable):
    """An estimate with its confidence interval.

    ``standard_error`` is the bootstrap's. ``method`` is the one used: BCa falls back to percentile
    where it is not defined (all resamples equal the estimate's side, or one row decides all).
    """

    estimate: float
    low: float
    high: float
    confidence: float
    method: str
    draws: int
    rows: int
    standard_error: float

    @property
    def width(self) -> float:
        """From low to high."""
        return self.high - self.low


def bootstrap_interval(
    statistic: Statistic,
    *samples: Any,
    confidence: float = 0.95,
    draws: int = 2000,
    method: str = "bca",
    vectorised: bool = True,
    seed: int = 0,
) -> Interval:
    """The confidence interval of a statistic of rows that are independent of each other.

    Args:
        statistic: With ``vectorised`` a function of arrays of shape ``[..., n]`` along the last
            axis with a keyword ``axis``, such as ``np.mean``, giving shape ``[...]``; else a
            function of arrays of shape ``[n]`` that gives a number.
        samples: One or more arrays of shape ``[n, ...]`` if not vectorised, ``[n]`` if vectorised;
            they are resampled together.
        confidence: Of the two-sided interval, in (0, 1).
        draws: Resamples; their error on an end of the interval falls as ``1/sqrt(draws)``.
        method: ``bca`` (bias-corrected and accelerated, second-order accurate) or ``percentile``.
        seed: The same seed gives the same interval.

    Raises:
        InputError: Fewer than two rows, samples of different lengths, or a bad parameter.

    References:
        Efron, "Better Bootstrap Confidence Intervals", JASA 82 (1987), equations 6.1-6.8;
        Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 14.
    """
    import numpy as np

    arrays = [np.asarray(sample) for sample in samples]
    _validate(arrays, confidence=confidence, draws=draws, method=method)
    estimate = float(_apply(statistic, arrays, vectorised))
    resampled = _resample(statistic, arrays, draws=draws, vectorised=vectorised, seed=seed)
    if np.isnan(resampled).any() or np.isnan(estimate):
        raise InputError(
            f"the statistic is not a number in {int(np.isnan(resampled).sum())} of {draws} draws",
            hint="use a statistic that is defined for every resample",
        )
    tails = np.array([(1 - confidence) / 2, (1 + confidence) / 2])
    used = "percentile"
    if method == "bca":
        jackknifed = _jackknife(statistic, arrays, vectorised)
        corrected = _bca_levels(estimate, resampled, jackknifed, tails)
        if corrected is not None:
            tails, used = corrected, "bca"
    low, high = np.quantile(resampled, tails)
    return Interval(
        estimate,
        float(low),
        float(high),
        confidence,
        used,
        draws,
        len(arrays[0]),
        float(resampled.std(ddof=1)),
    )


def bootstrap_difference(
    statistic: Statistic, first: Any, second: Any, *, paired: bool = True, **options: Any
) -> Interval:
    """The interval of ``statistic(first) - statistic(second)``.

    Args:
        statistic: Vectorised; see ``bootstrap_interval``.
        first: Shape ``[n]``.
        second: Shape ``[n]`` if paired, else ``[m]``.
        paired: Row i of both belongs together (two models on the same example). Without it the
            two samples are resampled apart and the interval is a percentile one.
        options: As for ``bootstrap_interval``.

    Raises:
        InputError: As for ``bootstrap_interval``.
    """
    import numpy as np

    if paired:
        return bootstrap_interval(
            lambda a, b, axis: statistic(a, axis=axis) - statistic(b, axis=axis),
            first,
            second,
            **options,
        )
    confidence, draws = options.get("confidence", 0.95), options.get("draws", 2000)
    seed = options.get("seed", 0)
    arrays = [np.asarray(first), np.asarray(second)]
    for array in arrays:
        _validate([array], confidence=confidence, draws=draws, method="percentile")
    drawn = [
        _resample(statistic, [array], draws=draws, vectorised=True, seed=(seed, side))
        for side, array in enumerate(arrays)
    ]
    differences = drawn[0] - drawn[1]
    low, high = np.quantile(differences, [(1 - confidence) / 2, (1 + confidence) / 2])
    estimate = float(statistic(arrays[0], axis=-1)) - float(statistic(arrays[1], axis=-1))
    return Interval(
        estimate,
        float(low),
        float(high),
        confidence,
        "percentile",
        draws,
        min(len(array) for array in arrays),
        float(differences.std(ddof=1)),
    )


def _validate(arrays: Sequence[Any], *, confidence: float, draws: int, method: str) -> None:
    lengths = sorted({len(array) for array in arrays})
    if len(lengths) != 1 or lengths[0] < 2:
        raise InputError(
            f"the samples have {lengths or 'no'} rows; they need the same number, at least 2",
            hint="paired samples go row by row",
        )
    if not 0 < confidence < 1 or draws < 100 or method not in METHODS:
        raise InputError(
            f"confidence {confidence}, draws {draws}, method {method!r} are not all allowed",
            hint="0 < confidence < 1, draws >= 100, method 'bca' or 'percentile'",
        )


def _apply(statistic: Statistic, arrays: Sequence[Any], vectorised: bool) -> Any:
    return statistic(*arrays, axis=-1) if vectorised else statistic(*arrays)


def _resample(
    statistic: Statistic, arrays: Sequence[Any], *, draws: int, vectorised: bool, seed: Any
) -> Any:
    import numpy as np

    generator = np.random.default_rng(seed)
    rows = len(arrays[0])
    found = np.empty(draws)
    block = max(1, _BLOCK_ITEMS // rows)
    for start in range(0, draws, block):
        check_cancelled()
        indices = generator.integers(0, rows, (min(block, draws - start), rows))
        if vectorised:
            found[start : start + block] = statistic(*(a[indices] for a in arrays), axis=-1)
        else:
            for at, drawn in enumerate(indices, start=start):
                found[at] = statistic(*(a[drawn] for a in arrays))
    return found


def _jackknife(statistic: Statistic, arrays: Sequence[Any], vectorised: bool) -> Any:
    """The statistic without each row in turn: shape ``[n]``."""
    import numpy as np

    rows = len(arrays[0])
    found = np.empty(rows)
    block = max(1, _BLOCK_ITEMS // rows)
    everything = np.arange(rows - 1)
    for start in range(0, rows, block):
        check_cancelled()
        left_out = np.arange(start, min(start + block, rows))
        indices = everything + (everything >= left_out[:, None])
        if vectorised:
            found[left_out] = statistic(*(a[indices] for a in arrays), axis=-1)
        else:
            for at, kept in zip(left_out, indices, strict=True):
                found[at] = statistic(*(a[kept] for a in arrays))
    return found


def _bca_levels(estimate: float, resampled: Any, jackknifed: Any, tails: Any) -> Any:
    """The quantile levels that correct for bias and skew; None where they are not defined."""
    import numpy as np
    from scipy.special import ndtr, ndtri

    below = np.mean(resampled < estimate) + np.mean(resampled == estimate) / 2
    spread = jackknifed.mean() - jackknifed
    power = float((spread**2).sum())
    if not 0 < below < 1 or power == 0:
        return None
    bias = ndtri(below)
    acceleration = float((spread**3).sum()) / (6 * power**1.5)
    normal = bias + ndtri(tails)
    return ndtr(bias + normal / (1 - acceleration * normal))
