"""How far two attributions of one prompt say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def correlate_ranks(first: np.ndarray, second: np.ndarray) -> float | None:
    """Spearman's rank correlation, ties at their mean rank; None if either is all the same.

    Args:
        first: ``[players]``.
        second: Likewise.

    >>> import numpy as np
    >>> correlate_ranks(np.array([1.0, 2.0, 3.0]), np.array([1.0, 4.0, 9.0]))
    1.0
    """
    import numpy as np
    from scipy.stats import rankdata

    one, other = rankdata(first), rankdata(second)
    one, other = one - one.mean(), other - other.mean()
    length = float(np.sqrt((one @ one) * (other @ other)))
    return round(float(one @ other) / length, 12) if length > 0 else None


def overlap_top(first: np.ndarray, second: np.ndarray, *, count: int) -> float:
    """The part of the ``count`` highest of one that are among those of the other, from 0 to 1.

    Of equals the earlier is taken. Of fewer players than ``count`` all are.
    """
    import numpy as np

    count = min(count, len(first))
    one, other = (np.argsort(-each, kind="stable")[:count] for each in (first, second))
    return len(set(one.tolist()) & set(other.tolist())) / count
