"""Wilson's interval of a share.

Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference".
"""

from __future__ import annotations

import math
from statistics import NormalDist


def wilson_interval(share: float, count: float, *, confidence: float = 0.95) -> tuple[float, float]:
    """The interval in which the share lies that so many draws showed, within 0 to 1.

    Args:
        share: Of the draws that came out.
        count: How many were drawn; need not be whole where it stands for draws that are not alike.
        confidence: Of both ends together.
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    scale = 1 + z * z / count
    middle = (share + z * z / (2 * count)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
    # Rounding must not put the share itself outside: at 1 the upper end is 1.
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))
