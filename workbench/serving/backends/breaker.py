"""A circuit breaker: a backend that fails is left alone for a while, then tried with one call.

Closed, calls go through. After so many failures on end it is open: none goes through. When it has
rested it is half open: one call may try, and its outcome closes it or opens it for twice as long
(M. Nygard, Release It!, 2nd edition, 2018, section 5.2).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Literal

State = Literal["closed", "open", "half-open"]


class Breaker:
    """The breaker of one backend.

    Args:
        failures: So many on end open it.
        rest_s: How long it rests at first; each failed try doubles that, up to ``most_rest_s``.
        most_rest_s: The longest rest.
        clock: Tells the time.
        draw: Gives a number from 0 to 1: rests differ by up to a fifth, so that gateways that lost
            the same backend do not all come back at once.
    """

    def __init__(
        self,
        *,
        failures: int = 5,
        rest_s: float = 2.0,
        most_rest_s: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._allowed_failures, self._first_rest_s, self._most_rest_s = (
            failures,
            rest_s,
            most_rest_s,
        )
        self._clock, self._draw = clock, draw
        self._failures = 0
        self._rest_s = rest_s
        self._rests_until_s: float | None = None
        self._trying = False
        self.last_fault = ""

    @property
    def state(self) -> State:
        """What it is now."""
        if self._rests_until_s is None:
            return "closed"
        return "open" if self._clock() < self._rests_until_s else "half-open"

    @property
    def retry_after_s(self) -> float:
        """How long it still rests."""
        return max(0.0, (self._rests_until_s or 0.0) - self._clock())

    @property
    def would_allow(self) -> bool:
        """Whether a call may go through now, without taking the one try of a half-open one."""
        return self._rests_until_s is None or (self.state == "half-open" and not self._trying)

    def allow(self) -> bool:
        """Whether a call may go through now; who is told so tells how it went."""
        if self._rests_until_s is None:
            return True
        if self.state == "open" or self._trying:
            return False
        self._trying = True
        return True

    def succeeded(self) -> None:
        """A call went well."""
        self._failures, self._rest_s = 0, self._first_rest_s
        self._rests_until_s, self._trying = None, False

    def failed(self, fault: str = "") -> None:
        """A call failed, and the backend is to blame; the words are for who is turned away."""
        self._failures += 1
        self.last_fault = fault
        if self._trying:
            self._rest_s = min(2 * self._rest_s, self._most_rest_s)
        if self._trying or self._failures >= self._allowed_failures:
            self._rests_until_s = self._clock() + self._rest_s * (1 + 0.2 * self._draw())
        self._trying = False

    def undecided(self) -> None:
        """A call ended and says nothing of the backend: its client went away, or asked wrongly."""
        self._trying = False
