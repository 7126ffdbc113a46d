"""The lower bound on epsilon of the first audit in one run, beside which the other is shown.

Steinke, Nasr and Jagielski (2023), "Privacy auditing with one (1) training run", arXiv:2305.08846,
theorem 5.2: right guesses are no more often right than answers of randomised response, but for what
delta allows. It holds whatever the mechanism; for a composition of Gaussian steps it is far from
what can be reached.
"""

from __future__ import annotations

import math


def p_value(*, canaries: int, guesses: int, right: int, epsilon: float, delta: float) -> float:
    """At most this often an (epsilon, delta)-private run allows so many right guesses."""
    import numpy as np
    from scipy.stats import binom

    share = 1 / (1 + math.exp(-epsilon))
    chance = float(binom.sf(right - 1, guesses, share))
    fewer = np.arange(1, right + 1)
    above = np.cumsum(binom.pmf(right - fewer, guesses, share))
    excess = float((above / fewer).max(initial=0.0))
    return min(1.0, chance + 2 * canaries * delta * excess)


def lower_bound(
    *, canaries: int, guesses: int, right: int, delta: float, confidence: float
) -> float:
    """The largest epsilon that is refuted at ``confidence``; 0 if none is."""
    low, high = 0.0, 40.0

    def refuted(epsilon: float) -> bool:
        found = p_value(
            canaries=canaries, guesses=guesses, right=right, epsilon=epsilon, delta=delta
        )
        return found < 1 - confidence

    if not refuted(0.0):
        return 0.0
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (middle, high) if refuted(middle) else (low, middle)
    return low
