"""Whether two rows of counts come from one distribution: PSI, Jensen-Shannon, chi-square.

Each is told as a size and as a p-value. What the population stability index comes to by chance
falls with the rows: ``1/n + 1/m`` times a chi-square (Yurdakul and Naranjo, "Statistical Properties
of the Population Stability Index", Journal of Risk Model Validation 14 (2020)). The thresholds .1
and .2 that are handed on know nothing of n: they cry at a few hundred rows, and sleep at a million.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np

_SMOOTHING = 0.5  # rows added to each cell: a category that is new has a finite index
LEAST_EXPECTED = 5.0


@dataclass(frozen=True)
class CountTest:
    """``size`` of the difference, the chance of one at least as large, and the cells compared."""

    size: float
    p_value: float
    cells: int
    first_rows: int
    second_rows: int


def population_stability_test(first: Any, second: Any) -> CountTest:
    """The population stability index of two rows of counts.

    Args:
        first: Shape ``[cells]``, of the reference.
        second: Shape ``[cells]``.

    Raises:
        InputError: A row is empty, or the shapes differ.
    """
    import numpy as np
    from scipy.stats import chi2

    n, m = _validated(first, second)
    p, q = ((each + _SMOOTHING) / (each + _SMOOTHING).sum() for each in (n, m))
    psi = float(((q - p) * np.log(q / p)).sum())
    p_value = chi2.sf(psi / _by_chance(n, m), len(n) - 1) if len(n) > 1 else 1.0
    return CountTest(psi, float(p_value), len(n), int(n.sum()), int(m.sum()))


def population_stability_threshold(
    first_rows: int, second_rows: int, *, cells: int, level: float = 0.05
) -> float:
    """The index that is passed by chance with probability ``level``.

    >>> round(population_stability_threshold(1000, 1000, cells=10), 4)
    0.0338
    """
    from scipy.stats import chi2

    return float((1 / first_rows + 1 / second_rows) * chi2.isf(level, cells - 1))


def jensen_shannon_test(first: Any, second: Any) -> CountTest:
    """The divergence of Jensen and Shannon in bits, in [0, 1]; its square root is a distance.

    By chance it is ``(1/n + 1/m) / (8 ln 2)`` times a chi-square, as its second-order expansion
    says.
    """
    import math

    import numpy as np
    from scipy.special import rel_entr
    from scipy.stats import chi2

    n, m = _validated(first, second)
    p, q = ((each + _SMOOTHING) / (each + _SMOOTHING).sum() for each in (n, m))
    nats = float((rel_entr(p, (p + q) / 2) + rel_entr(q, (p + q) / 2)).sum()) / 2
    p_value = chi2.sf(8 * nats / _by_chance(n, m), len(n) - 1) if len(n) > 1 else 1.0
    return CountTest(float(np.clip(nats / math.log(2), 0, 1)), float(p_value), len(n),
                     int(n.sum()), int(m.sum()))  # fmt: skip


def chi_square_test(first: Any, second: Any) -> CountTest:
    """Pearson's test of homogeneity; its size is Cramer's V, in [0, 1]."""
    import math

    from scipy.stats import chi2_contingency

    n, m = _validated(first, second)
    total = float(n.sum() + m.sum())
    if len(n) < 2:
        return CountTest(0.0, 1.0, len(n), int(n.sum()), int(m.sum()))
    found = chi2_contingency([n, m], correction=False)
    size = math.sqrt(float(found.statistic) / total)
    return CountTest(size, float(found.pvalue), len(n), int(n.sum()), int(m.sum()))


def likelihood_ratio_test(first: Any, second: Any) -> CountTest:
    """The G-test of homogeneity with Williams' (1976) correction; its size is the index.

    Its tail is close to the chi-square's far out, where Pearson's is not: what a monitor needs that
    looks at thousands of windows.
    """
    import numpy as np
    from scipy.special import xlogy
    from scipy.stats import chi2

    n, m = _validated(first, second)
    cells = len(n)
    if cells < 2:
        return CountTest(0.0, 1.0, cells, int(n.sum()), int(m.sum()))
    rows, pooled = n.sum() + m.sum(), n + m
    expected = pooled * n.sum() / rows, pooled * m.sum() / rows
    g = 2 * float((xlogy(n, n / expected[0]) + xlogy(m, m / expected[1])).sum())
    sides = rows / n.sum() + rows / m.sum() - 1
    cell_part = float((rows / pooled).sum()) - 1
    williams = 1 + float(sides) * cell_part / (6 * rows * (cells - 1))
    p_value = float(chi2.sf(g / williams, cells - 1))
    p, q = ((each + _SMOOTHING) / (each + _SMOOTHING).sum() for each in (n, m))
    return CountTest(float(((q - p) * np.log(q / p)).sum()), p_value, cells,
                     int(n.sum()), int(m.sum()))  # fmt: skip


def pool_rare(
    first: Any, second: Any, *, least: float = LEAST_EXPECTED
) -> tuple[np.ndarray, np.ndarray]:
    """Counts with rare cells put together.

    A cell is rare where the smaller sample can expect fewer than ``least`` of it. That is judged by
    both samples' counts together, which a test that goes by the margins may look at.

    Returns:
        Both rows of counts, the rare cells as one at the end; cells that nobody is in are left out.
    """
    import numpy as np

    n, m = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    rows = n.sum(), m.sum()
    expected = (n + m) * min(rows) / max(sum(rows), 1)
    common, rare = expected >= least, (expected < least) & (n + m > 0)
    if not rare.any():
        return n[common], m[common]
    left = n[rare].sum(), m[rare].sum()
    if expected[rare].sum() < least and common.any():  # together still rare: with the least common
        last = np.flatnonzero(common)[np.argmin(expected[common])]
        n, m = n.copy(), m.copy()
        n[last] += left[0]
        m[last] += left[1]
        return n[common], m[common]
    return np.append(n[common], left[0]), np.append(m[common], left[1])


def _by_chance(n: np.ndarray, m: np.ndarray) -> float:
    return float(1 / n.sum() + 1 / m.sum())


def _validated(first: Any, second: Any) -> tuple[np.ndarray, np.ndarray]:
    """Both rows of counts, without the cells that are empty in both."""
    import numpy as np

    n, m = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if n.shape != m.shape or n.ndim != 1:
        raise InputError(f"counts of shapes {n.shape} and {m.shape}", hint="the same cells in both")
    if n.sum() <= 0 or m.sum() <= 0 or (n < 0).any() or (m < 0).any():
        raise InputError("a row of counts is empty, or a count is below 0", hint="count rows")
    used = n + m > 0
    return n[used], m[used]
