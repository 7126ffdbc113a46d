"""What a gateway does beside its answers, in a thread of its own: samples and alerts."""

from __future__ import annotations

import contextvars
import importlib.util
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from workbench.core import settings
from workbench.core.errors import WorkbenchError

from .samples.reading import GatewayReading, Meter

log = logging.getLogger(__name__)

_FIRST_S = 5.0  # what is read while models are being loaded says little
_THIN_EVERY_S = 3600.0


@dataclass
class Errand:
    """Something that is done again and again, next at ``due_s`` of a clock that only grows."""

    name: str
    every_s: float
    work: Callable[[], object]
    due_s: float
    failing: bool = False


class Rounds:
    """Does its errands until it is stopped.

    Args:
        read: What the gateway says of itself.
        is_mine: Whether it is for this process to do them: of two gateways in a home it is for one.
    """

    def __init__(
        self,
        read: Callable[[], GatewayReading | None],
        *,
        is_mine: Callable[[], bool] = lambda: True,
    ) -> None:
        self._read, self._is_mine = read, is_mine
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self.errands = self._errands()

    def _errands(self) -> list[Errand]:
        now_s = time.monotonic()
        found = []
        samples_s: float = settings.get("samples_every_s")
        alerts_s: float = settings.get("alerts_every_s")
        if samples_s:
            first_s = now_s + min(_FIRST_S, samples_s)
            found.append(Errand("recording samples", samples_s, self._sample, first_s))
            thin_s = now_s + 2 * _FIRST_S
            found.append(Errand("thinning samples", _THIN_EVERY_S, self._thin, thin_s))
        # A gateway alone may lack what reads rule files; it has done nothing yet to be alerted of.
        if alerts_s and importlib.util.find_spec("yaml"):
            found.append(Errand("looking at alerts", alerts_s, self._look, now_s + alerts_s))
        return found

    def start(self) -> None:
        """Begin, in a thread that sees the settings of this one."""
        if self.errands:
            context = contextvars.copy_context()
            self._meter = Meter()
            self._thread = threading.Thread(
                target=context.run, args=(self._run,), name="rounds", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """End, once the errand in work is done."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        from workbench.store.database import open_database

        database = open_database()
        try:
            while not self._ending.wait(max(0.05, self._wait_s())):
                self.step()
        finally:
            database.close()  # this thread's connection

    def _wait_s(self) -> float:
        return min(errand.due_s for errand in self.errands) - time.monotonic()

    def step(self) -> None:
        """Do what is due. A fault is told once, and the errand is done again in its turn."""
        now_s = time.monotonic()
        for errand in self.errands:
            if errand.due_s > now_s:
                continue
            errand.due_s = now_s + errand.every_s
            if not self._is_mine():
                continue
            try:
                errand.work()
                errand.failing = False
            except Exception as error:  # noqa: BLE001 - one fault must not end all later readings
                self._tell(errand, error)

    def _tell(self, errand: Errand, error: Exception) -> None:
        if not errand.failing:
            hint = f"; {error.hint}" if isinstance(error, WorkbenchError) and error.hint else ""
            trace = None if isinstance(error, WorkbenchError) else error
            log.warning("%s failed: %s%s", errand.name, error, hint, exc_info=trace)
        errand.failing = True

    def _sample(self) -> None:
        from .samples.keeping import Samples

        Samples().add(self._meter.read(self._read()))

    def _look(self) -> None:
        from .alerts.evaluating import Alerts

        Alerts().check()

    def _thin(self) -> None:
        from .samples.keeping import Samples

        Samples().thin()
