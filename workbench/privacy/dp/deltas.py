"""What a delta must not be: so large that it allows what epsilon is to prevent."""

from __future__ import annotations

import functools
import logging

from .mechanisms import Unit

log = logging.getLogger(__name__)
MOST = 1e-2  # whatever the data
_NAMES = {"example": "rows", "user": "users"}


@functools.lru_cache(maxsize=64)
def warn_of_delta(delta: float, *, units: int | None = None, unit: Unit = "example") -> None:
    """Say once in the log where a delta is too large to protect anybody.

    At 1 in the number of units also a run is (0, delta)-private that gives one of them out whole:
    Dwork and Roth (2014), "The algorithmic foundations of differential privacy", section 2.3.

    Args:
        delta: The probability with which epsilon may be exceeded.
        units: How many rows or users there are, where that is known.
        unit: Which of the two.
    """
    if units is not None and delta * units >= 1:
        name = _NAMES[unit]
        log.warning(
            "a delta of %g is 1 in the %s %s or more: giving one of them out whole would be within "
            "it, so that the epsilon protects nobody; --delta %.0e or less",
            delta, f"{units:,}", name, 0.1 / units,
        )  # fmt: skip
    elif delta > MOST:
        log.warning(
            "a delta of %g allows everything about somebody to be told with that probability; well "
            "under 1 in the rows or users, and at most %g", delta, MOST,
        )  # fmt: skip
