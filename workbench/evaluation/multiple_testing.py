"""Many tests at once: p-values raised so that what stays small may be believed."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.errors import InputError

HOLM, BENJAMINI_HOCHBERG, NONE = "holm", "benjamini-hochberg", "none"
CORRECTIONS = (HOLM, BENJAMINI_HOCHBERG, NONE)


def adjust_p_values(p_values: Sequence[float], *, correction: str = HOLM) -> list[float]:
    """p-values of one family of tests, adjusted; reject where they are at most the level.

    Args:
        p_values: Shape ``[n]``, each in [0, 1].
        correction: ``holm`` keeps the chance of any false rejection at the level, whatever the
            tests' dependence; ``benjamini-hochberg`` the expected share of false ones among the
            rejected, for tests that are independent or positively dependent; ``none``.

    Returns:
        Shape ``[n]``, in the order given, each at least the p-value that it comes from.

    Raises:
        InputError: One is no probability, or the correction is unknown.

    References:
        Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of
        Statistics 6 (1979); Benjamini and Hochberg, "Controlling the False Discovery Rate", JRSS B
        57 (1995).

    >>> adjust_p_values([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    import numpy as np

    given = np.asarray(p_values, dtype=float)
    if correction not in CORRECTIONS:
        raise InputError(
            f"the correction is {correction!r}; allowed: {', '.join(CORRECTIONS)}",
            hint="holm, if in doubt",
        )
    if given.size and not ((given >= 0) & (given <= 1)).all():
        raise InputError("a p-value is not in [0, 1]", hint="leave out tests that have none")
    if correction == NONE or not given.size:
        return [float(value) for value in given]
    order, count = np.argsort(given, kind="stable"), len(given)
    raised = given[order]
    if correction == HOLM:
        raised = np.maximum.accumulate(raised * np.arange(count, 0, -1))
    else:
        by_rank = raised * count / np.arange(1, count + 1)
        raised = np.minimum.accumulate(by_rank[::-1])[::-1]
    adjusted = np.empty(count)
    adjusted[order] = np.minimum(raised, 1)
    return [float(value) for value in adjusted]
