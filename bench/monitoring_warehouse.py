"""The usage warehouse at ten million made rows: building it, and what is asked of it.

Each side is a process of its own, so that its peak of memory is its own. The peer of a question is
the bound that issue 8 asks; that of the rollup is the same question of the raw rows. Growth is
measured at a tenth, three tenths and all of the rows: the exponent of time against rows, 1 where
it grows as the rows do.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shape import Benchmark, Figure

ROWS = int(os.environ.get("WAREHOUSE_ROWS", "10000000"))
DAYS, USERS = 90, 3000
SHARES = (0.1, 0.3, 1.0)
LIMITS_S = {"rollup": 0.15, "raw": 1.5, "distinct": 5.0, "retention": 5.0}
LEAST_ROWS_PER_S = 1e6
MOST_MEMORY_MB = 1500.0

# The peak of this process alone: getrusage's has that of who started it, too (of `exec`).
PEAK = """
def peak_mb():
    lines = dict(line.split(":", 1) for line in open("/proc/self/status"))
    return int(lines["VmHWM"].split()[0]) / 1e3
"""
BUILD = """
import json, sys, time
from pathlib import Path
from workbench.monitoring.warehouse.building import refresh
from workbench.monitoring.warehouse.metrics import read_metrics
begun = time.perf_counter()
told = refresh(source=Path(sys.argv[1]), folder=Path(sys.argv[2]), again=True, latest_s=4e9)
print(json.dumps({"rows": told.rows, "seconds": time.perf_counter() - begun,
                  "memory_mb": peak_mb()}))
"""
ASK = """
import json, sys, time
from pathlib import Path
from workbench.monitoring.warehouse.asking import Warehouse

RAW = "SELECT model, CAST(hour AS DATE), sum(cost_nano) / 1e9 FROM clean_rows GROUP BY 1, 2"
DISTINCT = 'SELECT CAST(hour AS DATE), count(DISTINCT "user") FROM clean_rows GROUP BY 1'
with Warehouse(Path(sys.argv[1])) as warehouse:
    asked = {
        "rollup": lambda: warehouse.measure("cost", by=["day", "model"]),
        "raw": lambda: warehouse.query(RAW),
        "distinct": lambda: warehouse.query(DISTINCT),
        "retention": lambda: warehouse.retention(by="week"),
        "filtered": lambda: warehouse.measure(
            "requests", "cost", by=["day"], where={"team": ["sales"], "model": ["upstream/large"]}),
    }
    found = {}
    for name, ask in asked.items():
        ask()
        begun = time.perf_counter()
        ask()
        found[name] = time.perf_counter() - begun
found["memory_mb"] = peak_mb()
print(json.dumps(found))
"""


def measure(rounds: int) -> Sequence[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-warehouse-") as scratch:
        asked, builds = {}, []
        for share in SHARES:
            rows = round(ROWS * share)
            usage, folder = Path(scratch) / f"usage-{rows}", Path(scratch) / f"warehouse-{rows}"
            _make(usage, rows)
            tries = rounds if share == 1.0 else 1
            builds = [_run(BUILD, usage, folder) for _ in range(tries)]
            asked[rows] = [_run(ASK, folder) for _ in range(max(1, tries))]
    whole = asked[ROWS]
    details = {"rows": builds[0]["rows"], "growth": _growth(asked), "builds": builds}
    figures = [
        Figure(
            f"{ROWS / 1e6:.0f} M requests: {name}", "the bound", "s",
            tuple(each[name] for each in whole), (limit,) * len(whole),
            better="lower", bound=1.0, details=details,
        )
        for name, limit in LIMITS_S.items()
    ]  # fmt: skip
    rates = tuple(each["rows"] / each["seconds"] for each in builds)
    memory = tuple(max(built["memory_mb"], read["memory_mb"])
                   for built, read in zip(builds, whole, strict=True))  # fmt: skip
    return [
        *figures,
        Figure("rows built into the warehouse", "the bound", "rows/s", rates,
               (LEAST_ROWS_PER_S,) * len(rates), bound=1.0, details=details),
        Figure("memory at most, building or asking", "the bound", "MB", memory,
               (MOST_MEMORY_MB,) * len(memory), better="lower", bound=1.0, details=details),
        Figure("cost by day and model: rollup", "raw rows", "s",
               tuple(each["rollup"] for each in whole), tuple(each["raw"] for each in whole),
               better="lower", details=details),
    ]  # fmt: skip


def _make(folder: Path, rows: int) -> None:
    from workbench.monitoring.traffic.made_usage import write_usage
    from workbench.monitoring.traffic.plan import TrafficPlan

    write_usage(TrafficPlan(days=DAYS, calls=rows, users=USERS, seed=10), folder)


def _run(program: str, *places: Path) -> dict[str, Any]:
    command = [sys.executable, "-c", PEAK + program, *map(str, places)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _growth(asked: dict[int, list[dict[str, Any]]]) -> dict[str, float]:
    """By question, the slope of log time against log rows from the fewest to the most."""
    (few, first), *_, (many, last) = sorted(asked.items())
    return {
        name: math.log(last[0][name] / first[0][name]) / math.log(many / few) for name in LIMITS_S
    }


BENCHMARKS = (Benchmark("warehouse", measure),)
