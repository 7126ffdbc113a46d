"""An answer that is asked for by every request, looked up once in a while."""

from __future__ import annotations

import time
from collections.abc import Callable

Identify = Callable[[str], tuple[str, float | None]]


class Remembered:
    """``Identify`` that keeps what it was told for a moment.

    Whether ``workbench.toml`` has changed costs a look at each folder above this one.

    Args:
        identify: Knows.
        seconds: How long it is believed.
        moves: Whether a name must be asked about every time.
    """

    def __init__(
        self,
        identify: Identify,
        *,
        seconds: float = 0.5,
        moves: Callable[[str], bool] = lambda model: False,
    ) -> None:
        self._identify, self._seconds, self._moves = identify, seconds, moves
        self._known: dict[str, tuple[str, float | None]] = {}
        self._until_s = 0.0

    def __call__(self, model: str) -> tuple[str, float | None]:
        """See ``answers.Identify``."""
        if self._moves(model):
            return self._identify(model)
        now_s = time.monotonic()
        if now_s > self._until_s:
            self._known = {}
            self._until_s = now_s + self._seconds
        found = self._known.get(model)
        if found is None:
            found = self._known[model] = self._identify(model)
        return found
