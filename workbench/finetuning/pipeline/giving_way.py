"""Training gives way to serving: it pauses between steps while anybody waits for a model.

It is never starved: after a step it pauses for at most so long that it keeps a tenth of the time.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from workbench.core import events
from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError
from workbench.models.pool.demand import is_asked

LEAST_SHARE = 0.1
_LOOK_S = 0.02


class GivingWay:
    """To be called between steps. ``waited_s`` is how long it paused in all.

    Args:
        least_share: Of the time that training has even if requests never end, in (0, 1].
        asked: Whether anybody waits; a pool of this home in whatever process by default.
        clock: Seconds that only grow.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        least_share: float = LEAST_SHARE,
        *,
        asked: Callable[[], bool] = is_asked,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not 0 < least_share <= 1:
            raise InputError(
                f"a least share of {least_share:g}", hint="above 0, so that it ends; at most 1"
            )
        self.waited_s = 0.0
        self._times = (1 - least_share) / least_share
        self._asked, self._clock, self._sleep = asked, clock, sleep
        self._since_s: float | None = None

    def __call__(self) -> None:
        """Pause while anybody waits, and for at most so long as the last step allows.

        Raises:
            CancelledError: It was cancelled while it paused.
        """
        began_s = self._clock()
        worked_s = 0.0 if self._since_s is None else began_s - self._since_s
        end_s = began_s + self._times * worked_s
        told = False
        while self._clock() < end_s and self._asked():
            if not told:
                events.emit("finetuning.gives_way", most_s=end_s - began_s)
                told = True
            check_cancelled()
            self._sleep(min(_LOOK_S, max(0.0, end_s - self._clock())))
        self._since_s = self._clock()
        self.waited_s += self._since_s - began_s
