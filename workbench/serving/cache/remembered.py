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
    """

    def __init__(self, identify: Identify, *, seconds: float = 0.5) -> None:
        self._identify, self._seconds = identify, seconds
        self._known: dict[str, tuple[str, float | None]] = {}
        self._until_s = 0.0

    def __call__(self, model: str) -> tuple[str, float | None]:
        """See ``answers.Identify``."""
        now_s = time.monotonic()
        if now_s > self._until_s:
            self._known = {}
            self._until_s = now_s + self._seconds
        found = self._known.get(model)
        if found is None:
            found = self._known[model] = self._identify(model)
        return found
