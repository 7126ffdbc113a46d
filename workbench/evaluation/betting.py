"""The capital of a gambler who bets against a hypothesis: large capital is evidence against it.

If the hypothesis holds, nobody's capital is expected to grow, and by Ville's inequality it ever
passes ``1 / level`` with probability ``level`` at most, however often one looks. Waudby-Smith and
Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86 (2024).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled

if TYPE_CHECKING:
    import numpy as np

# What is put on each outcome, as shares of what may be lost without going bankrupt. Each share has
# a capital of its own, and the mean of them counts: it is within log(10) nats of the best share.
_LARGEST, _SHARES = 0.9, 10
_STEPS = 60  # halvings: the ends of an interval are exact to 1e-15 of its width


def bet_shares() -> np.ndarray:
    """The shares that are bet, shape ``[10]``: from .9 down to .04 by the root of 2."""
    import numpy as np

    return np.asarray(_LARGEST * 2.0 ** (-np.arange(_SHARES) / 2))


def log_capital(gains: Any, *, looks: Any = None) -> np.ndarray:
    """The log of the capital after bets on ``gains``, which are of mean 0 at most if the
    hypothesis holds.

    Args:
        gains: Shape ``[..., n]``, none under -1: what a bet of everything would bring.
        looks: Shape ``[k]``, rising numbers of outcomes after which is looked, each from 1 to n;
            after every outcome if None.

    Returns:
        Shape ``[..., k]``, in nats; the capital begins at 1.
    """
    import numpy as np

    values = np.asarray(gains, dtype=float)
    ends = np.arange(1, values.shape[-1] + 1) if looks is None else np.asarray(looks, dtype=int)
    total = np.full((*values.shape[:-1], len(ends)), -np.inf)
    starts = np.concatenate([[0], ends[:-1]])
    upto = values[..., : ends[-1]] if len(ends) else values[..., :0]
    for share in bet_shares():
        check_cancelled()
        logs = np.log1p(share * upto)
        if looks is not None and len(ends):
            logs = np.add.reduceat(logs, starts, axis=-1)
        np.logaddexp(total, np.cumsum(logs, axis=-1), out=total)
    return np.asarray(total - math.log(_SHARES))


def final_log_capital(gains: Any) -> float:
    """The log of the capital after all of ``gains``, shape ``[n]``."""
    import numpy as np

    values = np.asarray(gains, dtype=float)
    logs = np.array([np.log1p(share * values).sum() for share in bet_shares()])
    return float(np.logaddexp.reduce(logs) - math.log(_SHARES))


def lowest_not_refuted(
    capital: Callable[[float], float], least: float, most: float, *, log_limit: float
) -> float:
    """The least value in [least, most] that the bets against it do not refute.

    Args:
        capital: The log of the capital won by betting that the truth lies above a value; it falls
            as the value grows.
        least: The least possible value.
        most: The greatest possible one.
        log_limit: Log capital that refutes.
    """
    if capital(least) < log_limit:
        return least
    low, high = least, most
    for _ in range(_STEPS):
        check_cancelled()
        middle = (low + high) / 2
        if capital(middle) >= log_limit:
            low = middle
        else:
            high = middle
    return low
