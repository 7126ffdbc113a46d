"""How many right guesses about many canaries of one run a private mechanism may allow.

Mahloujifar, Melis and Chaudhuri (2024), "Auditing f-differential privacy in one run",
arXiv:2410.22235, section 3. Let U be the number of right guesses, p(i) the probability of i, ``m``
the canaries and ``r`` the guesses. A guess and the number of the other right ones are made from
what the mechanism told, so for each w, with the trade-off function f,

    sum over i > w of (i / m) p(i)  <=  1 - f( sum over i >= w of ((r - i) / m) p(i) ).

If U >= c had the probability p, these force ever more probability below c; where it passes 1, p
was too much.
"""

from __future__ import annotations

from .tradeoff import TradeOff


def can_reach(trade_off: TradeOff, *, canaries: int, guesses: int, right: int, p: float) -> bool:
    """Whether ``right`` or more of ``guesses`` can have the probability ``p``.

    Args:
        trade_off: Of the mechanism.
        canaries: Each in the run or not, by a fair coin of its own.
        guesses: About how many of them one was made.
        right: So many were right.
        p: Above 0.

    Returns:
        False: a mechanism with this trade-off reaches it with a probability below ``p``.
    """
    if right <= 0:
        return True
    most = guesses / canaries
    # The least of right guesses and the most of wrong ones: all of p lies at ``right``.
    hits = p * right / canaries
    misses = p * (guesses - right) / canaries
    for count in range(right - 1, -1, -1):
        needed = max(misses, trade_off.least_false_alarms(hits))
        hits += count / (guesses - count) * (needed - misses)
        misses = needed
        if hits + misses > most:
            return False
    return True
