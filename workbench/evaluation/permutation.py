"""Permutation tests of paired values: exact levels without a distribution being assumed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np

Statistic = Callable[..., "np.ndarray | float"]
DRAWS = 9999
# Values drawn at a time, 8 bytes each: a block stays in 32 MB whatever the number of rows.
_BLOCK_ITEMS = 4_000_000
# Sums of the same numbers in another order differ in their last digits, and are not more extreme.
_SLACK = 1e-9


def sign_flip_test(differences: Any, *, draws: int = DRAWS, seed: int = 0) -> float:
    """The two-sided p-value of "the mean is 0", for differences that would be symmetric about 0.

    Each draw gives every difference a random sign. The level is exact for any sample size. Where
    all differences have one size this is the sign test, and its p-value is calculated.

    Args:
        differences: Shape ``[n]``, n >= 1.
        draws: Of signs; the least p-value is ``1 / (draws + 1)``.
        seed: The same seed gives the same p-value.

    Raises:
        InputError: There is no difference, or one is not a finite number.

    References:
        Fisher, "The Design of Experiments" (1935), section 21; Phipson and Smyth, "Permutation
        P-values Should Never Be Zero", SAGMB 9 (2010).
    """
    import numpy as np

    values = _finite(differences)
    sizes = np.unique(np.abs(values[values != 0]))
    if len(sizes) < 2:  # only their signs differ, and all signs can be counted
        from scipy.stats import binomtest

        tried = int((values != 0).sum())
        return float(binomtest(int((values > 0).sum()), tried).pvalue) if tried else 1.0
    generator = np.random.default_rng(seed)
    observed = abs(float(values.sum()))
    slack = _SLACK * (1 + float(np.abs(values).sum()))
    block, reached = max(1, _BLOCK_ITEMS // len(values)), 0
    for start in range(0, draws, block):
        check_cancelled()
        count = min(block, draws - start)
        bits = np.unpackbits(
            np.frombuffer(generator.bytes(-(-count * len(values) // 8)), np.uint8),
            count=count * len(values),
        ).reshape(count, len(values))
        # Signs are 2 * bit - 1, so their sum is twice the sum where the bit is set, less all.
        sums = 2 * (bits.astype(np.float64) @ values) - values.sum()
        reached += int((np.abs(sums) >= observed - slack).sum())
    return (1 + reached) / (1 + draws)


def swap_test(
    statistic: Statistic, first: Any, second: Any, *, draws: int = DRAWS, seed: int = 0
) -> float:
    """The two-sided p-value of "it makes no difference which of a pair is which".

    Each draw swaps every pair with probability one half and takes
    ``statistic(first) - statistic(second)`` again. For a mean it is the test of signs.

    Args:
        statistic: Of an array of shape ``[..., n, k]`` with a keyword ``axis=-2``, giving
            ``[...]``; of shape ``[..., n]`` and ``axis=-1`` where the rows are single values.
        first: Shape ``[n]`` or ``[n, k]``; row i belongs to row i of the second.
        second: Of the same shape.
        draws: Of swaps.
        seed: The same seed gives the same p-value.

    Raises:
        InputError: The shapes differ, there is no row, or a value is not a finite number.
    """
    import numpy as np

    left, right = _finite(first), _finite(second)
    if left.shape != right.shape:
        raise InputError(
            f"the samples have the shapes {left.shape} and {right.shape}",
            hint="paired samples go row by row",
        )
    axis = -left.ndim
    observed = abs(float(statistic(left, axis=axis)) - float(statistic(right, axis=axis)))
    slack = _SLACK * (1 + observed)
    generator, reached = np.random.default_rng(seed), 0
    block = max(1, _BLOCK_ITEMS // left.size)
    for start in range(0, draws, block):
        check_cancelled()
        swapped = generator.random((min(block, draws - start), len(left))) < 0.5
        if left.ndim > 1:
            swapped = swapped[..., None]
        one, other = np.where(swapped, right, left), np.where(swapped, left, right)
        found = np.abs(statistic(one, axis=axis) - statistic(other, axis=axis))
        reached += int((found >= observed - slack).sum())
    return (1 + reached) / (1 + draws)


def exchange_test(values: Any, group: int, *, draws: int = DRAWS, seed: int = 0) -> float:
    """The two-sided p-value of "inside a unit it makes no difference which group is which".

    The statistic is the mean over units of the group's value less the mean of the others; each
    draw lets another group play its part in every unit. For two groups it is the test of signs.

    Args:
        values: Shape ``[units, groups]``, at least two groups.
        group: The column that is tested.
        draws: Of exchanges.
        seed: The same seed gives the same p-value.

    Raises:
        InputError: There is no unit, one group only, or a value is not a finite number.
    """
    import numpy as np

    table = _finite(values)
    if table.ndim != 2 or table.shape[1] < 2:
        raise InputError(
            f"a table of shape {table.shape} has no groups", hint="two or more columns"
        )
    units, groups = table.shape
    apart = (table * groups - table.sum(axis=1, keepdims=True)) / (groups - 1)
    if groups == 2:
        return sign_flip_test(apart[:, group], draws=draws, seed=seed)
    observed = abs(float(apart[:, group].sum()))
    slack = _SLACK * (1 + float(np.abs(apart).sum()))
    generator, reached = np.random.default_rng(seed), 0
    block, rows = max(1, _BLOCK_ITEMS // units), np.arange(units)
    for start in range(0, draws, block):
        check_cancelled()
        chosen = generator.integers(0, groups, (min(block, draws - start), units))
        sums = apart[rows, chosen].sum(axis=1)
        reached += int((np.abs(sums) >= observed - slack).sum())
    return (1 + reached) / (1 + draws)


def _finite(values: Any) -> Any:
    import numpy as np

    found = np.asarray(values, dtype=float)
    if found.ndim == 0 or len(found) == 0 or not np.isfinite(found).all():
        raise InputError(
            f"{found.size} values, of which {int((~np.isfinite(found)).sum())} are not finite, "
            "cannot be permuted",
            hint="leave out rows without a value",
        )
    return found
