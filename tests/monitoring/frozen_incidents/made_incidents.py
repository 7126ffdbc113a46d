"""Made hourly series of a serving system with 100 planted incidents, and how a detector is scored.

Needs numpy alone. `python made_incidents.py` writes development.jsonl.gz and held_out.jsonl.gz
anew and prints their hashes; README.md beside it says what they hold. Hours are counted from the
series' start, a Monday at 00:00; a window is [start, end), so `end` is the hour after the last.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
SEEDS = {"development": 40_417_713, "held_out": 86_205_139}
START = "2026-01-05T00:00Z"
HOURS, CLEAN_HOURS = 42 * 24, 21 * 24
UNITS = {
    "requests": "requests per hour",
    "latency": "p95 ms",
    "memory": "MB",
    "disk": "GB used",
    "spend": "USD per hour",
    "errors": "share of requests that failed",
}
SERIES_OF_EACH = 6
LOGARITHMIC = ("requests", "latency", "spend")  # the others' offsets are in the series' own unit
DIGITS = {"latency": 1, "memory": 1, "disk": 2, "spend": 3, "errors": 6}
# Kinds of incident in turn, and how many the series of a metric have; 0 is a series with none.
KINDS = {
    "requests": ("spike", "dip", "level", "ramp"),
    "latency": ("slow-down", "spike", "slow-down", "level", "ramp"),
    "memory": ("level", "ramp", "spike"),
    "disk": ("ramp", "level", "spike"),
    "spend": ("spike", "level", "dip", "ramp"),
    "errors": ("burst", "level", "burst", "ramp"),
}
COUNTS = {
    "requests": (3, 3, 3, 3, 4, 0),
    "latency": (3, 3, 3, 3, 3, 4),
    "memory": (3, 3, 0, 3, 3, 3),
    "disk": (3, 0, 3, 3, 4, 3),
    "spend": (3, 3, 3, 3, 3, 4),
    "errors": (0, 3, 3, 3, 3, 3),
}
LENGTHS_H = {
    "spike": (1, 3),
    "dip": (2, 8),
    "burst": (2, 6),
    "slow-down": (4, 12),
    "level": (12, 48),
    "ramp": (12, 36),
}
SIZES_SIGMA = (4.0, 14.0)
APART_H, AWAY_H, EDGE_H = 30, 6, 12
TAIL = 8  # degrees of freedom of the noise's innovations

Values = np.ndarray[Any, Any]
Row = dict[str, Any]


@dataclass(frozen=True)
class Clean:
    """A series before anything goes wrong in it.

    Attributes:
        expected: What it would be without noise, an hour each, on the scale of its offsets.
        sigma: Standard deviation of the noise on that scale, an hour each.
        values: From an offset per hour on that scale to what would be read.
        harmless: Hours of restarts, clean-ups and holidays, which are no incidents.
    """

    expected: Values
    sigma: Values
    values: Callable[[Values], Values]
    harmless: tuple[int, ...]


def stream(seed: int, *part: int) -> np.random.Generator:
    """Random numbers of one part alone, so that a change of another leaves them as they are."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *part])))


def noise_of(rng: np.random.Generator, phi: float) -> Values:
    """Heavy-tailed noise of variance one whose neighbours correlate by `phi`."""
    shocks = rng.standard_t(TAIL, HOURS + 100) / math.sqrt(TAIL / (TAIL - 2))
    out = np.empty(len(shocks))
    out[0] = shocks[0]
    for at in range(1, len(shocks)):
        out[at] = phi * out[at - 1] + math.sqrt(1 - phi * phi) * shocks[at]
    return out[100:]


def holidays_of(seed: int) -> tuple[int, int]:
    """The first hours of two known holidays on working days: one in each half."""
    rng = stream(seed, 900)
    weeks = (int(rng.integers(1, 3)), int(rng.integers(3, 6)))
    return weeks[0] * 168 + int(rng.integers(0, 5)) * 24, weeks[1] * 168 + int(
        rng.integers(1, 5)
    ) * 24


def load_of(rng: np.random.Generator, holidays: tuple[int, ...]) -> Values:
    """Logarithm of the load about its level: day, week, growth and the holidays."""
    hour = np.arange(HOURS)
    peak, tilt = rng.uniform(12, 17), rng.uniform(0, 2 * math.pi)
    day = rng.uniform(0.4, 0.9) * np.cos((hour - peak) * 2 * math.pi / 24)
    day += rng.uniform(0.05, 0.2) * np.cos(hour * 4 * math.pi / 24 + tilt)
    rest = (hour // 24) % 7 >= 5
    for first in holidays:
        rest |= (hour >= first) & (hour < first + 24)
    week = np.where(rest, math.log(rng.uniform(0.45, 0.85)), 0.0)
    return day + week + np.log1p(rng.uniform(0.0, 0.01)) * hour / 24


def drops_of(rng: np.random.Generator, shortest: int, longest: int) -> tuple[int, ...]:
    """Hours of restarts or clean-ups, `shortest` to `longest` hours after each other."""
    out, at = [], int(rng.integers(20, longest))
    while at < HOURS:
        out.append(at)
        at += int(rng.integers(shortest, longest))
    return tuple(out)


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(math.log(low), math.log(high))))


def made_requests(seed: int, number: int, holidays: tuple[int, ...]) -> Clean:
    rng = stream(seed, number, 0)
    expected = math.log(log_uniform(rng, 500, 8000)) + load_of(rng, holidays)
    spread = rng.uniform(0.04, 0.09)
    rate = np.exp(expected + spread * noise_of(rng, rng.uniform(0.3, 0.7)))
    counts = rng.poisson(rate)

    def values(offset: Values) -> Values:
        extra = stream(seed, number, 1)
        more = extra.poisson(rate * np.expm1(np.maximum(offset, 0)))
        return extra.binomial(counts, np.exp(np.minimum(offset, 0))) + more

    return Clean(expected, np.sqrt(spread**2 + np.exp(-expected)), values, holidays)


def made_latency(seed: int, number: int, holidays: tuple[int, ...]) -> Clean:
    rng = stream(seed, number, 0)
    load = load_of(rng, holidays)
    expected = math.log(log_uniform(rng, 150, 2500)) + rng.uniform(0.1, 0.35) * load
    spread = rng.uniform(0.05, 0.11)
    noisy = expected + spread * noise_of(rng, rng.uniform(0.3, 0.7))
    sigma = np.full(HOURS, spread)
    return Clean(expected, sigma, lambda offset: np.exp(noisy + offset), holidays)


def made_memory(seed: int, number: int, holidays: tuple[int, ...]) -> Clean:
    rng = stream(seed, number, 0)
    restarts = drops_of(rng, 120, 216)
    since = np.arange(HOURS) + float(rng.integers(10, 60))
    for at in restarts:
        since[at:] = np.arange(HOURS - at)
    spread = rng.uniform(40, 120)
    expected = rng.uniform(4000, 12000) + rng.uniform(3, 16) * since
    expected -= rng.uniform(200, 800) * np.exp(-since / rng.uniform(1, 3))  # caches still empty
    expected += spread * rng.uniform(0.3, 1.5) * load_of(rng, holidays)
    noisy = expected + spread * noise_of(rng, rng.uniform(0.4, 0.75))
    harmless = (*holidays, *restarts)
    return Clean(expected, np.full(HOURS, spread), lambda offset: noisy + offset, harmless)


def made_disk(seed: int, number: int, holidays: tuple[int, ...]) -> Clean:
    rng = stream(seed, number, 0)
    load = load_of(rng, holidays)
    grown = np.cumsum(rng.uniform(0.1, 0.6) * np.exp(load))
    used, cleaned = rng.uniform(200, 900) + grown, 0.0
    clean_ups = drops_of(rng, 140, 260)
    for at in clean_ups:
        gone = rng.uniform(0.6, 0.95) * (grown[at] - cleaned)
        used[at:] -= gone
        cleaned += gone
    spread = rng.uniform(0.6, 2.5)
    noisy = used + spread * noise_of(rng, rng.uniform(0.5, 0.8))
    harmless = (*holidays, *clean_ups)
    return Clean(used, np.full(HOURS, spread), lambda offset: noisy + offset, harmless)


def made_spend(seed: int, number: int, holidays: tuple[int, ...]) -> Clean:
    rng = stream(seed, number, 0)
    expected = math.log(log_uniform(rng, 2, 60)) + load_of(rng, holidays)
    spread = rng.uniform(0.06, 0.11)
    noisy = expected + spread * noise_of(rng, rng.uniform(0.3, 0.7))
    sigma = np.full(HOURS, spread)
    return Clean(expected, sigma, lambda offset: np.exp(noisy + offset), holidays)


def made_errors(seed: int, number: int, holidays: tuple[int, ...]) -> Clean:
    rng = stream(seed, number, 0)
    requests = rng.poisson(log_uniform(rng, 3000, 12000) * np.exp(load_of(rng, holidays)))
    base, spread = log_uniform(rng, 0.004, 0.02), rng.uniform(0.08, 0.16)
    share = base * np.exp(spread * noise_of(rng, rng.uniform(0.2, 0.5)))
    failed = rng.poisson(requests * share)
    sigma = base * np.sqrt(spread**2 + 1 / (requests * base))

    def values(offset: Values) -> Values:
        more = stream(seed, number, 1).poisson(requests * offset)
        return np.minimum(failed + more, requests) / requests

    return Clean(np.full(HOURS, base), sigma, values, holidays)


MAKERS: dict[str, Callable[[int, int, tuple[int, ...]], Clean]] = {
    "requests": made_requests,
    "latency": made_latency,
    "memory": made_memory,
    "disk": made_disk,
    "spend": made_spend,
    "errors": made_errors,
}


def clean_series(seed: int) -> dict[str, Clean]:
    """The 36 series of a seed with nothing wrong in them, by name ("disk-3")."""
    holidays = holidays_of(seed)
    names = [(metric, nth) for metric in UNITS for nth in range(SERIES_OF_EACH)]
    return {
        f"{metric}-{nth}": MAKERS[metric](seed, number, holidays)
        for number, (metric, nth) in enumerate(names)
    }


def shape_of(rng: np.random.Generator, kind: str, hours: int) -> Values:
    """How an incident goes, an hour each; its largest hour is 1 (a dip's -1)."""
    if kind == "ramp":
        return np.arange(1, hours + 1) / hours
    if kind == "level":
        return np.ones(hours)
    if kind == "slow-down":  # it is there within two hours and goes in the last two
        shape = np.minimum(1.0, np.arange(1, hours + 1) / int(rng.integers(1, 3)))
        shape[-2:] = (0.7, 0.4)
        return shape
    shape = rng.uniform(0.7 if kind == "spike" else 0.6, 1.0, hours)
    shape[rng.integers(hours)] = 1.0
    return -shape if kind == "dip" else shape


def placed(rng: np.random.Generator, lengths: list[int], harmless: tuple[int, ...]) -> list[int]:
    """Starts of a series' incidents, apart from each other and from what is harmless."""
    blocked = np.zeros(HOURS, bool)
    for at in harmless:
        blocked[max(0, at - AWAY_H) : at + AWAY_H] = True
    for _ in range(20_000):
        starts: list[int] = []
        for length in lengths:
            start = int(rng.integers(CLEAN_HOURS + EDGE_H, HOURS - EDGE_H - length))
            others = zip(starts, lengths, strict=False)
            near = any(start < s + n + APART_H and s < start + length + APART_H for s, n in others)
            if near or blocked[start : start + length].any():
                break
            starts.append(start)
        if len(starts) == len(lengths):
            return starts
    raise RuntimeError("no room for a series' incidents")


def planted(seed: int, clean: dict[str, Clean]) -> tuple[list[Row], dict[str, Values]]:
    """The truth, an incident a row, and each series' offset per hour in sigmas."""
    rng = stream(seed, 901)
    truth: list[Row] = []
    offsets = {name: np.zeros(HOURS) for name in clean}
    for metric, counts in COUNTS.items():
        deck = [KINDS[metric][at % len(KINDS[metric])] for at in range(sum(counts))]
        deck = [deck[at] for at in rng.permutation(len(deck))]
        for nth, count in enumerate(counts):
            name = f"{metric}-{nth}"
            kinds = [deck.pop() for _ in range(count)]
            lengths = [int(rng.integers(LENGTHS_H[k][0], LENGTHS_H[k][1] + 1)) for k in kinds]
            starts = placed(rng, lengths, clean[name].harmless)
            for start, length, kind in sorted(zip(starts, lengths, kinds, strict=True)):
                truth.append({"series": name, "kind": kind, "start": start, "end": start + length})
    low, high = SIZES_SIGMA
    for kind in LENGTHS_H:
        rows = [row for row in truth if row["kind"] == kind]
        for row, rank in zip(rows, rng.permutation(len(rows)), strict=True):
            row["size_sigma"] = round(low + (high - low) * (rank + rng.uniform()) / len(rows), 2)
    for row in truth:
        shape = shape_of(rng, row["kind"], row["end"] - row["start"])
        down = (
            row["kind"] == "level" and row["series"].startswith("requests") and rng.random() < 0.5
        )
        offsets[row["series"]][row["start"] : row["end"]] = (
            shape * row["size_sigma"] * (-1 if down else 1)
        )
    return truth, offsets


def kept_hours(seed: int, number: int, offset: Values) -> list[int]:
    """The hours that were written down: one to three gaps of 1 to 5 h, in half one hour twice."""
    rng = stream(seed, number, 2)
    busy = [at for at in range(HOURS) if offset[max(0, at - AWAY_H) : at + AWAY_H + 1].any()]
    free = sorted(set(range(24, HOURS - 24)) - set(busy))
    gone: set[int] = set()
    for _ in range(int(rng.integers(1, 4))):
        first = free[int(rng.integers(len(free)))]
        gone |= set(range(first, first + int(rng.integers(1, 6)))) & set(free)
    hours = [at for at in range(HOURS) if at not in gone]
    if rng.random() < 0.5:
        twice = [at for at in free if at not in gone]
        hours.append(twice[int(rng.integers(len(twice)))])
    return sorted(hours)


def made_set(seed: int) -> tuple[list[Row], list[Row]]:
    """The series and the truth of a seed, as `read_set` gives them."""
    clean = clean_series(seed)
    truth, offsets = planted(seed, clean)
    series = []
    for number, (name, each) in enumerate(clean.items()):
        metric = name.partition("-")[0]
        read = each.values(offsets[name] * each.sigma)
        hours = kept_hours(seed, number, offsets[name])
        if metric == "requests":
            values = [int(read[at]) for at in hours]
        else:
            values = [round(float(read[at]), DIGITS[metric]) for at in hours]
        row = {"series": name, "metric": metric, "unit": UNITS[metric], "start": START}
        known = [[first, first + 24] for first in holidays_of(seed)]
        series.append({**row, "holidays": known, "hours": hours, "values": values})
    return series, truth


def lines_of(series: list[Row], truth: list[Row]) -> bytes:
    """JSON lines: a series each, then an incident each; hours as steps from the row before."""
    packed = []
    for row in series:
        steps = np.diff(row["hours"], prepend=0).tolist()
        packed.append({k: v for k, v in row.items() if k != "hours"} | {"steps": steps})
    rows = [{"row": "series", **r} for r in packed] + [{"row": "incident", **r} for r in truth]
    return "".join(json.dumps(r, separators=(",", ":")) + "\n" for r in rows).encode()


def read_set(name: str) -> tuple[list[Row], list[Row]]:
    """The series and the truth of the frozen "development" or "held_out" set.

    A series has "series", "metric", "unit", "start", "holidays" ([first, after last] hours),
    "hours" and "values", of one length; hours may be missing, one may stand twice.
    """
    rows = [
        json.loads(x)
        for x in gzip.decompress((HERE / f"{name}.jsonl.gz").read_bytes()).splitlines()
    ]
    series = [row for row in rows if row.pop("row") == "series"]
    for row in series:
        row["hours"] = np.cumsum(row.pop("steps")).tolist()
    return series, [row for row in rows if "kind" in row]


# --- how a detector is scored -----------------------------------------------------------------

GRACE_H, MERGE_H, OVERRUN_H, ALARM_H = 2, 6, 12, 24


@dataclass(frozen=True)
class Score:
    """What a detector found. `precision` and `recall` are None where they divide by nothing.

    Attributes:
        by_kind, by_size: Of each kind and band of sizes in sigmas: (found, planted).
        smallest_found_sigma, largest_missed_sigma: None where there is none.
        delay_h: Median hours from an incident's start to the first window's that counts for it.
    """

    found: int
    planted: int
    false_alarms: int
    precision: float | None
    recall: float | None
    smallest_found_sigma: float | None
    largest_missed_sigma: float | None
    delay_h: float | None
    by_kind: dict[str, tuple[int, int]]
    by_size: dict[str, tuple[int, int]]


def counts_for(window: tuple[int, int], incident: Row) -> bool:
    """Whether a window overlaps an incident, or begins up to 2 h after it (a ramp: by its end)."""
    grace = 0 if incident["kind"] == "ramp" else GRACE_H
    return window[0] < incident["end"] + grace and window[1] > incident["start"]


def false_alarms_of(windows: list[tuple[int, int]], incidents: list[Row]) -> int:
    """Stretches that nothing explains, nearer than 6 h taken together, one for each begun 24 h.

    A window that counts for an incident explains itself from 12 h before its start to 12 h after
    its end; what it covers beyond is as false as any other.
    """
    flagged: set[int] = set()
    for window in windows:
        hours = set(range(*window))
        for each in incidents:
            if counts_for(window, each):
                hours -= set(range(each["start"] - OVERRUN_H, each["end"] + OVERRUN_H))
        flagged |= hours
    runs: list[list[int]] = []
    for at in sorted(flagged):
        if runs and at - runs[-1][1] < MERGE_H:
            runs[-1][1] = at + 1
        else:
            runs.append([at, at + 1])
    return sum(math.ceil((end - start) / ALARM_H) for start, end in runs)


def score(truth: Iterable[Row], found: Iterable[Row]) -> Score:
    """Compare found windows with the truth.

    Args:
        truth: The incidents.
        found: {"series", "start", "end"} each, [start, end) in hours. What lies within the first
            21 days, which a detector may learn from, is left out.

    Raises:
        ValueError: When a window is empty.
    """
    truth, by_series = list(truth), dict[str, list[tuple[int, int]]]()
    for each in found:
        start, end = max(int(each["start"]), CLEAN_HOURS), int(each["end"])
        if each["end"] <= each["start"]:
            raise ValueError(f"the window {each} ends before it begins")
        if start < end:
            by_series.setdefault(each["series"], []).append((start, end))
    hits: list[tuple[Row, int | None]] = []
    for incident in truth:
        windows = by_series.get(incident["series"], [])
        begins = [w[0] for w in windows if counts_for(w, incident)]
        late = max(0, min(begins) - incident["start"]) if begins else None
        hits.append((incident, late))
    false = sum(
        false_alarms_of(windows, [row for row in truth if row["series"] == name])
        for name, windows in by_series.items()
    )
    return summed(hits, false)


def summed(hits: list[tuple[Row, int | None]], false: int) -> Score:
    """The score of incidents with their delays (None: missed) and a count of false alarms."""
    late = [hours for _, hours in hits if hours is not None]
    sizes = [row["size_sigma"] for row, hours in hits if hours is not None]
    missed = [row["size_sigma"] for row, hours in hits if hours is None]
    bands = {f"{a} to {b}": (a, b) for a, b in ((4, 6), (6, 8), (8, 10), (10, 14))}

    def part(rows: list[tuple[Row, int | None]]) -> tuple[int, int]:
        return sum(hours is not None for _, hours in rows), len(rows)

    return Score(
        found=len(late),
        planted=len(hits),
        false_alarms=false,
        precision=len(late) / (len(late) + false) if late or false else None,
        recall=len(late) / len(hits) if hits else None,
        smallest_found_sigma=min(sizes, default=None),
        largest_missed_sigma=max(missed, default=None),
        delay_h=float(np.median(late)) if late else None,
        by_kind={k: part([h for h in hits if h[0]["kind"] == k]) for k in LENGTHS_H},
        by_size={
            name: part([h for h in hits if low <= h[0]["size_sigma"] < high])
            for name, (low, high) in bands.items()
        },
    )


if __name__ == "__main__":
    for name, seed in SEEDS.items():
        plain = lines_of(*made_set(seed))
        zipped = gzip.compress(plain, 9, mtime=0)
        (HERE / f"{name}.jsonl.gz").write_bytes(zipped)
        print(name, len(zipped), "bytes")
        print("  sha256         ", hashlib.sha256(zipped).hexdigest())
        print("  sha256 unpacked", hashlib.sha256(plain).hexdigest())
