"""Read the machine, the home and the gateway once: plain figures by name."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core import settings
from workbench.core.errors import StorageError

if TYPE_CHECKING:
    from workbench.store.database import Database

log = logging.getLogger(__name__)

_WALK_SHARE = 0.005  # of the time that passes may go into walking through the home
_LEAST_BETWEEN_WALKS_S = 60.0
_MOST_BETWEEN_WALKS_S = 3600.0
_BREATH = 500  # files, after which others get their turn


@dataclass(frozen=True)
class GatewayReading:
    """What a gateway says of itself."""

    pid: int
    requests_queued: int
    requests_in_flight: int
    models_loaded: int
    models_resident_bytes: int


class Meter:
    """Reads everything; it remembers processor times, and how long a walk through the home took.

    Args:
        home: By default WORKBENCH_HOME.
        database: The store with the jobs, by default that of the home.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        *,
        home: Path | None = None,
        database: Database | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._home = settings.home() if home is None else home
        self._database, self._clock = database, clock
        self._walk_after_s = 0.0
        self._cpu: tuple[float, float] | None = None
        self._spent: tuple[float, dict[int, float]] | None = None

    def begin(self, gateway: GatewayReading | None = None) -> None:
        """Look at the processors' clocks: what they did is told from one look to the next."""
        self._machine()
        if gateway is not None:
            self._processes(gateway.pid)

    def read(self, gateway: GatewayReading | None = None) -> dict[str, float]:
        """Figures by name of ``KINDS``.

        What cannot be read is left out: without a gateway all that is its own, the processors'
        share at the first reading, and the home's size while it was walked through a moment ago.
        """
        found = {**self._machine(), **self._jobs(), **self._disk()}
        if gateway is not None:
            found |= {
                "requests_queued": gateway.requests_queued,
                "requests_in_flight": gateway.requests_in_flight,
                "models_loaded": gateway.models_loaded,
                "models_resident_bytes": gateway.models_resident_bytes,
                **self._processes(gateway.pid),
            }
        return {name: float(value) for name, value in found.items()}

    def _machine(self) -> dict[str, float]:
        import psutil

        memory, times = psutil.virtual_memory(), psutil.cpu_times()
        total_s = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
        idle_s = times.idle + getattr(times, "iowait", 0.0)
        found = {"memory_free_bytes": memory.available, "memory_total_bytes": memory.total}
        if self._cpu is not None and total_s > self._cpu[0]:
            passed_s, idled_s = total_s - self._cpu[0], idle_s - self._cpu[1]
            found["cpu_share"] = min(1.0, max(0.0, 1 - idled_s / passed_s))
        self._cpu = total_s, idle_s
        return found

    def _processes(self, pid: int) -> dict[str, float]:
        """Memory, and processors kept busy, of a gateway and of what it started."""
        import psutil

        resident, spent = {}, {}
        with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended
            parent = psutil.Process(pid)
            for process in (parent, *parent.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                    resident[process.pid] = process.memory_info().rss
                    times = process.cpu_times()
                    spent[process.pid] = times.user + times.system
        if pid not in resident:
            return {}
        others = sum(resident.values()) - resident[pid]
        found = {
            "gateway_resident_bytes": resident[pid],
            "engines_resident_bytes": others,
            "memory_resident_bytes": resident[pid] + others,
        }
        now_s = self._clock()
        if self._spent is not None and now_s > self._spent[0] and pid in self._spent[1]:
            more = sum(max(0.0, each - self._spent[1].get(key, 0.0)) for key, each in spent.items())
            found["gateway_cpu_cores"] = more / (now_s - self._spent[0])
        self._spent = now_s, spent
        return found

    def _disk(self) -> dict[str, float]:
        found: dict[str, float] = {}
        nearest = next(each for each in (self._home, *self._home.parents) if each.exists())
        with contextlib.suppress(OSError):
            usage = shutil.disk_usage(nearest)
            found = {"disk_free_bytes": usage.free, "disk_total_bytes": usage.total}
        began_s = self._clock()
        if began_s >= self._walk_after_s and self._home.is_dir():
            found["home_bytes"] = size_of(self._home)
            took_s = self._clock() - began_s
            wait_s = min(_MOST_BETWEEN_WALKS_S, max(_LEAST_BETWEEN_WALKS_S, took_s / _WALK_SHARE))
            self._walk_after_s = began_s + wait_s - 1  # so that each minute's reading may walk
        return found

    def _jobs(self) -> dict[str, float]:
        from workbench.store.jobs import JobQueue

        queue = JobQueue(self._database)
        try:
            return {"jobs_queued": queue.count()["queued"], "jobs_running": queue.count_at_work()}
        except StorageError:
            log.warning("the jobs could not be counted", exc_info=True)
            return {}


def size_of(folder: Path) -> int:
    """Bytes on the disk of all files below a folder. What is removed meanwhile counts as nothing.

    A file that has several names counts once, as ``du`` counts it.
    """
    total, seen, folders, count = 0, set(), [str(folder)], 0
    while folders:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                count += 1
                if count % _BREATH == 0:
                    time.sleep(0.001)  # the gateway's loop waits for the interpreter meanwhile
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                        continue
                    told = entry.stat(follow_symlinks=False)
                    if told.st_nlink > 1:
                        if (told.st_dev, told.st_ino) in seen:
                            continue
                        seen.add((told.st_dev, told.st_ino))
                    total += told.st_blocks * 512
    return total
