"""Whether the questions that wait have drifted from those that the champion learnt.

They are held against each other by the kernel two-sample test (``evaluation.kernel_two_sample``).
Rows come bit by bit and are looked at again and again; a test at one level each time would fire
sooner or later without any drift. So there is a test where 20, 40, 80, ... rows wait, of exactly
the first so many, and the k-th has the level ``level / (k (k + 1))``: together at most ``level``.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workbench.evaluation.kernel_two_sample import kernel_two_sample_test, spectrum_kernel

LEAST_ROWS = 20
MOST_ROWS = 640  # of each side: the test's time grows with their square
_LEAST_DRAWS = 999
_DRAWS_A_LEVEL = 20  # the least p-value that can be found is so much below the level


@dataclass(frozen=True)
class Drift:
    """What was found. ``p_value`` and ``level`` are those of the last test, None without one."""

    has_drifted: bool
    reason: str
    rows: int
    p_value: float | None = None
    level: float | None = None


def look_for_drift(
    known: Sequence[str], waiting: Sequence[str], *, level: float, seed: int = 0
) -> Drift:
    """Whether questions that wait differ from those that are known.

    Args:
        known: The questions of the last snapshot that came to be champion.
        waiting: Those that wait, in the order in which they came.
        level: The chance that it ever says so of one growing batch that has not drifted.
        seed: Decides which known ones are taken where they are many, and the test's draws.
    """
    for name, texts in (("are known", known), ("wait", waiting)):
        if len(texts) < LEAST_ROWS:
            reason = f"{len(texts)} rows {name}; {LEAST_ROWS} are needed to see a drift"
            return Drift(False, reason, len(waiting))
    found = Drift(False, "", 0)
    for number, rows in enumerate(stages_of(len(waiting)), start=1):
        own = level_of(number, level)
        p_value = _test(tuple(known), tuple(waiting[:rows]), own, seed)
        has_drifted = p_value <= own
        said = "have" if has_drifted else "have not"
        reason = f"{rows} questions {said} drifted (p {p_value:.2g}, level {own:.2g})"
        found = Drift(has_drifted, reason, rows, p_value, own)
        if has_drifted:
            break
    return found


def stages_of(rows: int) -> Iterator[int]:
    """At how many rows there is a test, up to so many."""
    at = LEAST_ROWS
    while at <= min(rows, MOST_ROWS):
        yield at
        at *= 2


def level_of(number: int, level: float) -> float:
    """The level of the k-th test, the first being 1; those of all together are ``level``."""
    return level / (number * (number + 1))


@functools.lru_cache(maxsize=64)
def _test(known: tuple[str, ...], waiting: tuple[str, ...], level: float, seed: int) -> float:
    import numpy as np

    taken = list(known)
    if len(taken) > MOST_ROWS:
        chosen = np.random.default_rng(seed).choice(len(taken), MOST_ROWS, replace=False)
        taken = [taken[place] for place in sorted(chosen)]
    draws = max(_LEAST_DRAWS, round(_DRAWS_A_LEVEL / level) - 1)
    kernel = spectrum_kernel([*waiting, *taken])
    return kernel_two_sample_test(kernel, len(waiting), draws=draws, seed=seed).p_value
