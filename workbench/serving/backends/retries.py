"""How often to try again, and after how long."""

from __future__ import annotations

import random
from collections.abc import Callable

from workbench.core import errors

# The backend was to answer and did not: it is to blame, and the next try may go well.
_FAULTS = (errors.FetchError, errors.EngineError, errors.DeadlineError)
# What another backend may do that this one cannot, or not now. Of the rest the client is told. One
# who finds the queue full comes again by himself: waiting here would only hold his place in it.
_ELSEWHERE = (
    errors.BusyError,
    errors.CapacityError,
    errors.CapabilityError,
    errors.ContextLengthError,
    errors.NotFoundError,
)


def may_retry(error: BaseException) -> bool:
    """Whether the same backend might answer the next time."""
    return isinstance(error, _FAULTS)


def may_move_on(error: BaseException) -> bool:
    """Whether another backend might answer."""
    return isinstance(error, (*_FAULTS, *_ELSEWHERE))


def is_to_blame(error: BaseException) -> bool:
    """Whether the error counts against the backend."""
    return isinstance(error, _FAULTS)


class RetryBudget:
    """Retries may be a share of the calls, so that they do not double the load of what is down.

    Args:
        share: Each call earns this part of a retry.
        most: So many can be saved up; as many are there at the start.
    """

    def __init__(self, *, share: float = 0.2, most: float = 10.0) -> None:
        self._share, self._most = share, most
        self._saved = most

    def earn(self) -> None:
        """A call came."""
        self._saved = min(self._most, self._saved + self._share)

    def spend(self) -> bool:
        """Whether a retry may be made now; it is counted if so."""
        if self._saved < 1:
            return False
        self._saved -= 1
        return True


def pause_s(
    attempt: int,
    *,
    base_s: float = 0.1,
    most_s: float = 2.0,
    draw: Callable[[], float] = random.random,
) -> float:
    """How long to wait before attempt 1, 2, ...: anything up to twice as long each time.

    "Full jitter" (M. Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015).
    """
    return draw() * min(most_s, base_s * 2.0 ** (attempt - 1))
