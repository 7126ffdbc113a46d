"""How fast a model serves, and how much of what is asked for is used: medians of the last loans."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Hashable

_KEPT = 64
_MOST_TENANTS = 4096
_LEAST_TOKENS = 4  # fewer say more of the start than of the rate


class Rate:
    """The last 64 loans of a model, or of one tenant of it."""

    def __init__(self) -> None:
        self._rates: deque[float] = deque(maxlen=_KEPT)
        self._shares: deque[float] = deque(maxlen=_KEPT)

    def add(self, tokens: int, *, asked: int, duration_s: float) -> None:
        """Count a loan that used so many tokens of those asked for."""
        self._shares.append(min(1.0, tokens / asked))
        if tokens >= _LEAST_TOKENS and duration_s > 0:
            self._rates.append(tokens / duration_s)

    @property
    def tokens_per_s(self) -> float | None:
        """Tokens per second of loan; None before the first."""
        return statistics.median(self._rates) if self._rates else None

    @property
    def used_share(self) -> float | None:
        """How much of the tokens that are asked for is used; None before the first loan."""
        return statistics.median(self._shares) if self._shares else None


class Rates:
    """The rates of all models, and what share of their wishes tenants are used to use."""

    def __init__(self) -> None:
        self._models: dict[Hashable, Rate] = {}
        self._tenants: dict[tuple[Hashable, str], Rate] = {}

    def add(
        self, model: Hashable, tenant: str, *, tokens: int, asked: int, duration_s: float
    ) -> None:
        """Count a loan."""
        for rate in (self._models.setdefault(model, Rate()), self._of_tenant(model, tenant)):
            rate.add(tokens, asked=asked, duration_s=duration_s)

    def tokens_per_s(self, model: Hashable) -> float | None:
        """A model's median rate; None before its first loan."""
        return self._models[model].tokens_per_s if model in self._models else None

    def used_share(self, model: Hashable, tenant: str) -> float:
        """The share of what this tenant asks for that is expected to be used; 1 if unknown."""
        for rate in (self._tenants.get((model, tenant)), self._models.get(model)):
            if rate is not None and rate.used_share is not None:
                return rate.used_share
        return 1.0

    def _of_tenant(self, model: Hashable, tenant: str) -> Rate:
        """One tenant's, moved to the end; who was not seen for longest is forgotten."""
        place = (model, tenant)
        self._tenants[place] = self._tenants.pop(place) if place in self._tenants else Rate()
        if len(self._tenants) > _MOST_TENANTS:
            del self._tenants[next(iter(self._tenants))]
        return self._tenants[place]
