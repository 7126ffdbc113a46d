"""What many prompts begin with alike is read once.

Perturbed prompts differ in a few places, and a causal model's keys and values at a place depend on
what stands before it alone. Sorted, the prompts are a tree of prefixes; it is cut at a few depths,
and between two cuts each different prefix is read once, whichever prompts go on from it. Where to
cut is a trade: more cuts share more, but each is a pass of the model, which costs something however
few tokens it has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

# What a pass costs beyond its tokens, in tokens: the weights are read from memory in the time in
# which one thread works through so many (SmolLM2: 60 to 80 ms, and 1.6 ms a token).
_PASS_TOKENS = 40
# And for each token that a row then has, since its keys and values are copied and looked at.
_KEPT_TOKENS = 0.05


@dataclass(frozen=True)
class Segment:
    """One pass: the tokens ``[start, end)`` of the rows ``firsts``, each the first of those that
    share its prefix up to ``end``; ``parents`` are the places of their beginnings in the segment
    before. The last segment's ``firsts`` are all rows."""

    start: int
    end: int
    firsts: np.ndarray
    parents: np.ndarray

    @property
    def tokens(self) -> int:
        """How many tokens the model reads in it."""
        return len(self.firsts) * (self.end - self.start)


def plan_segments(rows: np.ndarray, *, forced: int) -> list[Segment]:
    """Cut rows so that little is read twice.

    Args:
        rows: Token ids ``[n, length]``, sorted (``np.lexsort``, the first column counting most)
            and each different from the next.
        forced: Tokens at the end of every row at which something is read off: the last segment
            holds them.

    >>> import numpy as np
    >>> rows = np.array([[1] * 60 + [2], [1] * 60 + [3]])
    >>> [(each.start, each.end, len(each.firsts)) for each in plan_segments(rows, forced=1)]
    [(0, 60, 1), (60, 61, 2)]
    """
    import numpy as np

    length = rows.shape[1]
    # Up to which place each row is as the one before it; the first is as none.
    differ = rows[1:] != rows[:-1]
    shared = np.concatenate([[-1], differ.argmax(axis=1)]) if len(rows) > 1 else np.array([-1])
    segments, place = [], np.zeros(len(rows), int)
    cuts = _choose_cuts(shared, length=length, forced=forced)
    for start, end in zip([0, *cuts[:-1]], cuts, strict=True):
        fresh = shared < end if end < length else np.ones(len(rows), bool)
        firsts = np.flatnonzero(fresh)
        segments.append(Segment(start, end, firsts, place[firsts]))
        place = fresh.cumsum() - 1
    return segments


def _choose_cuts(shared: np.ndarray, *, length: int, forced: int) -> list[int]:
    """The ends of the segments, the last ``length``: those for which the passes cost least."""
    import numpy as np

    # It pays to cut only just before prefixes part.
    parting = np.unique(shared[1:])
    ends = np.append(parting[(parting > 0) & (parting <= length - forced)], length)
    different = (shared[:, None] < ends[None, :]).sum(axis=0)
    different[-1] = len(shared)
    best, before = np.zeros(len(ends) + 1), np.zeros(len(ends) + 1, int)
    starts = np.concatenate([[0], ends])
    for number, end in enumerate(ends):
        tokens = different[number] * (end - starts[: number + 1])
        kept = _KEPT_TOKENS * different[number] * end * (starts[: number + 1] > 0)
        costs = best[: number + 1] + tokens + _PASS_TOKENS + kept
        before[number + 1] = costs.argmin()
        best[number + 1] = costs.min()
    cuts, number = [], len(ends)
    while number > 0:
        cuts.append(int(starts[number]))
        number = before[number]
    return cuts[::-1]
