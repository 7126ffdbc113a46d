"""What a device gives: memory that may be taken, its temperature, its battery."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

from .faults import Fault

_SYS = Path("/sys/class")
_STATUS = Path("/proc/self/status")
_HOT_C = 80.0
_LOW_PERCENT = 15


@dataclass(frozen=True)
class Hints:
    """What the machine tells of itself; None where it does not. ``advice`` is in words."""

    temperature_c: float | None
    battery_percent: int | None
    on_battery: bool | None
    advice: str

    @property
    def spare(self) -> bool:
        """Whether it is better to do less."""
        return bool(self.advice)

    @property
    def untold(self) -> str:
        """What the machine does not tell, in words; empty where it tells both."""
        missing = [
            name
            for name, value in (
                ("temperature", self.temperature_c),
                ("battery", self.battery_percent),
            )
            if value is None
        ]
        return f"this machine tells no {' and no '.join(missing)}" if missing else ""


def keep_memory(most_bytes: int, mapped_bytes: int) -> None:
    """Let this process take no more than ``most_bytes``, of which files take ``mapped_bytes``.

    A model's file is mapped, and its pages count; what is left is the bound on everything else that
    the process may write to (RLIMIT_DATA, which Linux keeps since 4.7).

    Raises:
        Fault: ``memory``: the files alone take more.
    """
    left = most_bytes - mapped_bytes
    if left <= 0:
        raise Fault(
            "memory",
            f"the model's files take {mapped_bytes:,} bytes; the bundle may take {most_bytes:,}",
            hint="make the bundle with a larger --memory-mb, or a smaller model",
        )
    if sys.platform == "linux":
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        if hard != resource.RLIM_INFINITY:
            left = min(left, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (left, hard))


def peak_bytes() -> int:
    """The most memory that this process had at once.

    Linux counts in ``ru_maxrss`` what whoever started a process had when it did: a notebook's four
    gigabytes would be told as the bundle's. Its own peak stands in ``/proc``.
    """
    with contextlib.suppress(OSError):
        for line in _STATUS.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def read_hints(sys_folder: Path = _SYS) -> Hints:
    """How warm the machine is and what its battery has left, where it tells."""
    temperature_c = _hottest(sys_folder / "thermal")
    percent, discharging = _battery(sys_folder / "power_supply")
    advice = []
    if temperature_c is not None and temperature_c >= _HOT_C:
        advice.append(f"it is {temperature_c:.0f} degrees hot")
    if discharging and percent is not None and percent <= _LOW_PERCENT:
        advice.append(f"the battery has {percent}% left")
    return Hints(temperature_c, percent, discharging, "; ".join(advice))


def choose_threads(wanted: int, hints: Hints) -> int:
    """How many threads to answer with: one where the machine is hot or its battery low."""
    if hints.spare:
        return 1
    if wanted:
        return wanted
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2


def _hottest(folder: Path) -> float | None:
    found = []
    for zone in folder.glob("thermal_zone*/temp") if folder.is_dir() else ():
        with contextlib.suppress(OSError, ValueError):
            found.append(int(zone.read_text()) / 1000)
    return max(found, default=None)


def _battery(folder: Path) -> tuple[int | None, bool | None]:
    """The fullest of the machine's own batteries, and whether one of them is being emptied.

    A mouse or a headset has a battery, too: those say that their scope is a device.
    """
    percents, discharging = [], False
    for supply in sorted(folder.iterdir()) if folder.is_dir() else ():
        with contextlib.suppress(OSError, ValueError):
            if (supply / "type").read_text().strip() != "Battery" or _is_of_a_device(supply):
                continue
            percents.append(int((supply / "capacity").read_text()))
            discharging |= (supply / "status").read_text().strip() == "Discharging"
    return (max(percents), discharging) if percents else (None, None)


def _is_of_a_device(supply: Path) -> bool:
    try:
        return (supply / "scope").read_text().strip() == "Device"
    except OSError:
        return False
