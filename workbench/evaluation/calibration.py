"""Whether stated probabilities come true: reliability, expected calibration error, Brier score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.core.viewers import Viewable

from .bootstrap import Interval, bootstrap_interval

if TYPE_CHECKING:
    import numpy as np

BINNINGS = ("width", "mass")


@dataclass(frozen=True)
class Bin(Viewable):
    """One bin of a reliability curve. The interval of ``accuracy`` is that of Clopper and Pearson
    (1934): a resample of rows that all came true would say that they always do."""

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float
    interval: Interval


@dataclass(frozen=True)
class Brier(Viewable):
    """The Brier score and what it is made of.

    ``score = reliability - resolution + uncertainty + within_bins`` holds exactly: the last term
    (Stephenson, Coelho, Jolliffe 2008) is what binning forecasts of different values leaves over;
    it is 0 where each bin holds one value, which is Murphy's (1973) decomposition.
    """

    score: Interval
    reliability: float
    resolution: float
    uncertainty: float
    within_bins: float


def expected_calibration_error(
    probabilities: Any,
    outcomes: Any,
    *,
    bins: int = 15,
    binning: str = "width",
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> Interval:
    """The mean distance between stated probability and frequency, weighted by rows.

    ``binning="width"`` is Guo et al. (ICML 2017), "On Calibration of Modern Neural Networks",
    equation 3; ``"mass"`` puts equally many rows in each bin (Nguyen and O'Connor, EMNLP 2015),
    equal probabilities together. The interval is a percentile one with the bins held fixed; the
    estimate is biased upwards where bins are small, and each resample adds to that, so the
    interval may lie above the estimate for a model that is well calibrated.

    Args:
        probabilities: Of the event, or of the class that was chosen; shape ``[n]``, in [0, 1].
        outcomes: Whether it came true; shape ``[n]``, 0 or 1.
        bins: How many.
        binning: ``width`` or ``mass``.

    Raises:
        InputError: The shapes, values or parameters are wrong.
    """
    import numpy as np

    p, y = _validated(probabilities, outcomes)
    edges = _edges(p, bins, binning)
    which = _assign(p, edges)

    def error(bin_of: np.ndarray, gap: np.ndarray) -> float:
        return float(np.abs(np.bincount(bin_of, gap)).sum() / len(gap))

    return bootstrap_interval(
        error,
        which,
        p - y,
        vectorised=False,
        method="percentile",
        confidence=confidence,
        draws=draws,
        seed=seed,
    )


def reliability_curve(
    probabilities: Any,
    outcomes: Any,
    *,
    bins: int = 15,
    binning: str = "width",
    confidence: float = 0.95,
) -> tuple[Bin, ...]:
    """Stated probability against frequency, a bin at a time; empty bins are left out.

    Args:
        probabilities: Shape ``[n]``, in [0, 1].
        outcomes: Shape ``[n]``, 0 or 1.

    Raises:
        InputError: The shapes, values or parameters are wrong.
    """
    import numpy as np

    p, y = _validated(probabilities, outcomes)
    edges = _edges(p, bins, binning)
    which = _assign(p, edges)
    curve = []
    for index in np.unique(which):
        inside = which == index
        rows = int(inside.sum())
        curve.append(
            Bin(
                float(edges[index]),
                float(edges[index + 1]),
                rows,
                float(p[inside].mean()),
                float(y[inside].mean()),
                _exact(int(y[inside].sum()), rows, confidence),
            )
        )
    return tuple(curve)


def _exact(hits: int, rows: int, confidence: float) -> Interval:
    """A share of few rows with its exact interval."""
    import math

    from scipy.stats import binomtest

    share = hits / rows
    low, high = binomtest(hits, rows).proportion_ci(confidence, method="exact")
    error = math.sqrt(share * (1 - share) / rows)
    return Interval(share, float(low), float(high), confidence, "exact", 0, rows, error)


def brier_score(
    probabilities: Any,
    outcomes: Any,
    *,
    bins: int = 15,
    confidence: float = 0.95,
    seed: int = 0,
) -> Brier:
    """The mean squared distance of probability and outcome, with its parts over equal-width bins.

    Args:
        probabilities: Shape ``[n]``, in [0, 1].
        outcomes: Shape ``[n]``, 0 or 1.

    Raises:
        InputError: The shapes or values are wrong.
    """
    import numpy as np

    p, y = _validated(probabilities, outcomes)
    which = _assign(p, _edges(p, bins, "width"))
    rows = np.bincount(which, minlength=bins)
    full = rows > 0
    weight = rows[full] / len(p)
    stated = np.bincount(which, p, minlength=bins)[full] / rows[full]
    came = np.bincount(which, y, minlength=bins)[full] / rows[full]
    score = bootstrap_interval(np.mean, (p - y) ** 2, confidence=confidence, seed=seed)
    reliability = float((weight * (stated - came) ** 2).sum())
    resolution = float((weight * (came - y.mean()) ** 2).sum())
    uncertainty = float(y.mean() * (1 - y.mean()))
    # Variance of the forecasts inside their bins, less twice their covariance with the outcomes.
    places = np.cumsum(full) - 1
    off_p, off_y = p - stated[places[which]], y - came[places[which]]
    within = float((off_p**2).mean() - 2 * (off_p * off_y).mean())
    return Brier(score, reliability, resolution, uncertainty, within)


def _validated(probabilities: Any, outcomes: Any) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    p, y = np.asarray(probabilities, float), np.asarray(outcomes, float)
    if p.ndim != 1 or p.shape != y.shape or len(p) < 2:
        raise InputError(
            f"probabilities have shape {p.shape}, outcomes {y.shape}",
            hint="both of shape [n], n at least 2",
        )
    if not ((p >= 0) & (p <= 1)).all() or not np.isin(y, (0, 1)).all():
        raise InputError(
            "a probability lies outside [0, 1], or an outcome is not 0 or 1",
            hint="logits are no probabilities: apply a softmax first",
        )
    return p, y


def _edges(p: np.ndarray, bins: int, binning: str) -> np.ndarray:
    import numpy as np

    if bins < 1 or binning not in BINNINGS:
        raise InputError(f"bins {bins}, binning {binning!r}", hint="bins >= 1, 'width' or 'mass'")
    if binning == "width":
        return np.linspace(0, 1, bins + 1)
    # Equal values give equal edges; one of them stays, so that they share a bin.
    # In whole numbers: a quantile's 0.3 * n may round up past a row.
    ordered, rows = np.sort(p), len(p)
    inner = ordered[[-(-part * rows // bins) - 1 for part in range(1, bins)]]
    return np.unique(np.concatenate([[0.0], inner, [1.0]]))


def _assign(p: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The bin of each value: (low, high], and 0 in the first."""
    import numpy as np

    found: np.ndarray = np.searchsorted(edges, p, side="left") - 1
    return np.clip(found, 0, len(edges) - 2)
