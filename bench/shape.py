"""What every benchmark gives: figures of us and a peer on the same work, round by round."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, TypeVar

import psutil

REPO = Path(__file__).resolve().parents[1]
SCHEMA = 1
PACKAGES = ("xllamacpp", "torch", "transformers", "mlx", "mlx-lm", "papermill", "numpy", "captum")
T = TypeVar("T")


@dataclass(frozen=True)
class Figure:
    """One comparison. ``ours`` and ``theirs`` have a value a round; ``bound`` is the least ratio
    that is right, None where nothing was promised."""

    name: str
    peer: str
    unit: str
    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    better: Literal["higher", "lower"] = "higher"
    bound: float | None = None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def ratios(self) -> tuple[float, ...]:
        """A ratio a round, above 1 where we are better."""
        pairs = zip(self.ours, self.theirs, strict=True)
        return tuple(a / b if self.better == "higher" else b / a for a, b in pairs)

    def told(self) -> dict[str, Any]:
        """Its plain form, with the medians and whether the bound is met."""
        ratio = statistics.median(self.ratios)
        return {
            **asdict(self),
            "ratios": self.ratios,
            "ratio": ratio,
            "ours_median": statistics.median(self.ours),
            "theirs_median": statistics.median(self.theirs),
            "met": None if self.bound is None else ratio >= self.bound,
        }


@dataclass(frozen=True)
class Benchmark:
    """Something that can be measured: a name for ``--only``, and what it does in so many rounds."""

    name: str
    measure: Callable[[int], Sequence[Figure]]


def take_turns(
    ours: Callable[[], T], theirs: Callable[[], T], *, rounds: int
) -> tuple[list[T], list[T]]:
    """Run both so many times by turns; who goes first changes too, as a machine's speed drifts."""
    done: tuple[list[T], list[T]] = ([], [])
    sides = (ours, theirs)
    for number in range(rounds):
        for which in (0, 1) if number % 2 == 0 else (1, 0):
            done[which].append(sides[which]())
    return done


def _git(*words: str) -> str:
    command = ["git", *words]
    return subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=True).stdout


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def circumstances() -> dict[str, Any]:
    """Where and when this is measured. The host's name is nobody's business."""
    return {
        "schema": SCHEMA,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cpu": _cpu_name(),
            "cores": os.cpu_count(),
            "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
        },
        "versions": {package: _version(package) for package in PACKAGES},
        "commit": _git("rev-parse", "--short=10", "HEAD").strip(),
        "changed": bool(_git("status", "--porcelain", "workbench", "bench").strip()),
        "command": " ".join(["python", *sys.argv]),
        "load_before": [round(value, 2) for value in os.getloadavg()],
    }
