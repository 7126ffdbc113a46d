"""How fast a model serves: the running median over its last loans."""

from __future__ import annotations

import statistics
from collections import deque

_KEPT = 64
_LEAST_TOKENS = 4  # fewer say more of the start than of the rate


class Rate:
    """Tokens per second of loan, over the last 64 loans."""

    def __init__(self) -> None:
        self._seen: deque[float] = deque(maxlen=_KEPT)

    def add(self, tokens: int, duration_s: float) -> None:
        """Count one loan."""
        if tokens >= _LEAST_TOKENS and duration_s > 0:
            self._seen.append(tokens / duration_s)

    @property
    def tokens_per_s(self) -> float | None:
        """The median; None before the first loan."""
        return statistics.median(self._seen) if self._seen else None
