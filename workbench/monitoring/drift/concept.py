"""Whether the truth has changed for rows that the model says the same of, when labels come late.

A model errs more often because other rows come (covariate shift) or because the same rows have
another truth (concept drift). Rows are parted by the score that the model gave; inside a stratum
the share of positives is compared, and the strata are put together as Mantel and Haenszel do
("Statistical Aspects of the Analysis of Data From Retrospective Studies of Disease", JNCI 22,
1959).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.evaluation.count_tests import chi_square_test

from .result import ConceptDrift

if TYPE_CHECKING:
    import numpy as np

STRATA = 10


def compare_concepts(
    reference_scores: Any,
    reference_labels: Any,
    scores: Any,
    labels: Any,
    *,
    strata: int = STRATA,
    level: float = 0.05,
) -> ConceptDrift:
    """Compare the truth given the score, before and now.

    Args:
        reference_scores: Shape ``[n]``, the probability of the positive class, in [0, 1].
        reference_labels: Shape ``[n]``, 0 or 1.
        scores: Shape ``[m]``.
        labels: Shape ``[m]``, 0, 1, or NaN where the truth is not known yet.
        strata: Of about equally many reference rows.
        level: Of the test.

    Raises:
        InputError: A side has no labelled row, or a score or label is out of its bounds.
    """
    import numpy as np
    from scipy.stats import chi2

    before, truth = _validated(reference_scores, reference_labels)
    given, late = _validated(scores, labels)
    known = ~np.isnan(late)
    kept = ~np.isnan(truth)
    before, truth = before[kept], truth[kept]
    if not len(truth) or not known.any():
        raise InputError(
            f"{len(truth)} reference rows and {int(known.sum())} current rows have their truth",
            hint="wait until labels have come",
        )
    cuts = np.unique(np.quantile(before, np.arange(1, strata) / strata))
    tables = np.zeros((len(cuts) + 1, 2, 2))  # [stratum, now, positive]
    np.add.at(tables, (np.searchsorted(cuts, before), 0, truth.astype(int)), 1)
    np.add.at(tables, (np.searchsorted(cuts, given[known]), 1, late[known].astype(int)), 1)
    statistic, odds = _mantel_haenszel(tables)
    p_value = float(chi2.sf(statistic, 1))
    selected = None
    if (~known).any():
        seen = [
            np.bincount(np.searchsorted(cuts, given[each]), minlength=len(cuts) + 1)
            for each in (known, ~known)
        ]
        selected = chi_square_test(*seen).p_value
    return ConceptDrift(
        float(((before >= 0.5) != truth).mean()),
        float(((given[known] >= 0.5) != late[known]).mean()),
        odds,
        p_value,
        p_value <= level,
        len(tables),
        int(known.sum()),
        int((~known).sum()),
        selected,
    )


def _mantel_haenszel(tables: np.ndarray) -> tuple[float, float]:
    """The chi-square with one degree of freedom, and the common odds ratio now against before."""
    rows = tables.sum(axis=(1, 2))
    tables, rows = tables[rows > 1], rows[rows > 1]
    now, positive = tables[:, 1].sum(1), tables[:, :, 1].sum(1)
    expected = now * positive / rows
    variance = now * (rows - now) * positive * (rows - positive) / (rows**2 * (rows - 1))
    if variance.sum() <= 0:
        return 0.0, math.nan
    gap = abs((tables[:, 1, 1] - expected).sum())
    statistic = float(max(gap - 0.5, 0.0) ** 2 / variance.sum())
    up = (tables[:, 1, 1] * tables[:, 0, 0] / rows).sum()
    down = (tables[:, 1, 0] * tables[:, 0, 1] / rows).sum()
    return statistic, float(up / down) if down else math.inf


def _validated(scores: Any, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    given, truth = np.asarray(scores, dtype=float), np.asarray(labels, dtype=float)
    if given.shape != truth.shape or given.ndim != 1:
        raise InputError(f"scores of shape {given.shape}, labels of shape {truth.shape}")
    if not ((given >= 0) & (given <= 1)).all():
        raise InputError(
            "a score lies outside [0, 1]", hint="give the positive class's probability"
        )
    if not (np.isnan(truth) | np.isin(truth, (0, 1))).all():
        raise InputError("a label is not 0 or 1", hint="leave it empty where it is not known yet")
    return given, truth
