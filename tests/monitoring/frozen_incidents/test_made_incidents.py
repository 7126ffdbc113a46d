"""The two sets of planted incidents are as they were frozen, and hold what their truth says."""

from __future__ import annotations

import copy
import gzip
import hashlib
import importlib.util
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

HERE = Path(__file__).resolve().parent
ZIPPED = {
    "development": "afe4a51c7c47bf78612b57daaf82c5088ce96510d96ef1444eb3be3728d73d85",
    "held_out": "1fbe15842b7c22c3ac94de0106d471642745a024257620a7e14cbaa3d6049907",
}
PLAIN = {
    "development": "c32e9185d1951d9d96af10ebcf0a7036722b5e034798ba24b121741a315c1da1",
    "held_out": "246d05414194f524b53557d9bf797ca9b475985ca42a50a4b3647bc9ec0fc0df",
}
KINDS = {"level": 27, "ramp": 25, "spike": 23, "dip": 9, "slow-down": 8, "burst": 8}
SETS = sorted(PLAIN)


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("made_incidents", HERE / "made_incidents.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look their module up
    spec.loader.exec_module(module)
    return module


made = loaded()


@pytest.mark.parametrize("name", SETS)
def test_the_file_is_the_frozen_one_and_the_readme_says_so(name: str) -> None:
    zipped = (HERE / f"{name}.jsonl.gz").read_bytes()
    assert hashlib.sha256(zipped).hexdigest() == ZIPPED[name]
    assert hashlib.sha256(gzip.decompress(zipped)).hexdigest() == PLAIN[name]
    readme = (HERE / "README.md").read_text("utf-8")
    assert ZIPPED[name] in readme
    assert PLAIN[name] in readme


@pytest.mark.parametrize("name", SETS)
def test_the_generator_makes_the_same(name: str) -> None:
    series, truth = made.made_set(made.SEEDS[name])
    assert hashlib.sha256(made.lines_of(series, truth)).hexdigest() == PLAIN[name]
    assert made.read_set(name) == (series, truth)


def test_another_seed_makes_another_set() -> None:
    assert made.made_set(1) != made.made_set(2)


@pytest.mark.parametrize("name", SETS)
def test_a_hundred_incidents_apart_in_the_second_half(name: str) -> None:
    series, truth = made.read_set(name)
    assert len(series) == 36
    assert len(truth) == 100
    assert Counter(row["kind"] for row in truth) == KINDS
    for each in series:
        own = sorted((r["start"], r["end"]) for r in truth if r["series"] == each["series"])
        assert len(own) in (0, 3, 4)
        assert all(made.CLEAN_HOURS < start < end < made.HOURS for start, end in own)
        ends, starts = [end for _, end in own[:-1]], [start for start, _ in own[1:]]
        assert all(b - a >= 30 for a, b in zip(ends, starts, strict=True))
        assert all(
            b - a in range(7) for a, b in zip(each["hours"], each["hours"][1:], strict=False)
        )
        written = set(each["hours"])
        assert all(written.issuperset(range(*window)) for window in own), "an incident is not cut"
    assert sum(len(each["hours"]) - len(set(each["hours"])) for each in series) >= 15
    assert all(len(set(each["hours"])) < made.HOURS for each in series), "each has a gap"


@pytest.mark.parametrize("name", SETS)
def test_sizes_go_from_4_to_14_sigma_in_every_kind(name: str) -> None:
    truth = made.read_set(name)[1]
    for kind in KINDS:
        sizes = sorted(row["size_sigma"] for row in truth if row["kind"] == kind)
        assert 4 <= sizes[0] < 5.5, kind
        assert 12.5 < sizes[-1] <= 14, kind
    assert sum(row["size_sigma"] < 6 for row in truth) >= 20


def faults_of(seed: int, series: list[dict[str, Any]], truth: list[dict[str, Any]]) -> list[str]:
    """Where a set's values are not the clean ones plus the offsets that its truth says."""
    faults = []
    all_clean = made.clean_series(seed)
    courses = made.planted(seed, all_clean)[1]
    for name, each in all_clean.items():
        row = next(r for r in series if r["series"] == name)
        clean = each.values(np.zeros(made.HOURS)).astype(float)
        read = clean.copy()
        read[row["hours"]] = row["values"]
        moved = np.log(read / clean) if row["metric"] in made.LOGARITHMIC else read - clean
        # An incident's own requests and failures are drawn, so its size has noise of its own.
        near = 0.25 if row["metric"] in ("requests", "errors") else 0.01
        quiet = np.ones(made.HOURS, bool)
        for incident in (r for r in truth if r["series"] == name):
            hours = slice(incident["start"], incident["end"])
            quiet[hours] = False
            course = courses[name][hours] / np.abs(courses[name][hours]).max()
            size = course @ (moved[hours] / each.sigma[hours]) / (course @ course)
            if abs(size / incident["size_sigma"] - 1) > near:
                faults.append(f"{name}: {size:.2f}, not {incident['size_sigma']} sigma")
        if (np.abs(read - clean)[quiet] > 10.0 ** -made.DIGITS.get(row["metric"], 9)).any():
            faults.append(f"{name}: an hour outside the incidents differs")
    return faults


@pytest.mark.parametrize("name", SETS)
def test_incidents_have_the_size_said_and_all_else_is_clean(name: str) -> None:
    assert faults_of(made.SEEDS[name], *made.read_set(name)) == []


def test_the_check_of_sizes_finds_a_wrong_truth() -> None:
    seed = made.SEEDS["development"]
    series, truth = made.read_set("development")
    bigger = copy.deepcopy(truth)
    bigger[0]["size_sigma"] *= 2
    assert ["sigma" in fault for fault in faults_of(seed, series, bigger)] == [True]
    assert "outside" in faults_of(seed, series, truth[1:])[0]
    clean = next(r for r in series if r["series"] == "disk-1")
    clean["values"][700] += 1.0
    assert faults_of(seed, series, truth) == ["disk-1: an hour outside the incidents differs"]


def test_the_noise_is_what_its_sigma_says() -> None:
    for seed in made.SEEDS.values():
        parts: dict[str, list[Any]] = {}
        for name, each in made.clean_series(seed).items():
            metric = name.partition("-")[0]
            read = each.values(np.zeros(made.HOURS)).astype(float)
            read = np.log(read) if metric in made.LOGARITHMIC else read
            parts.setdefault(metric, []).append((read - each.expected) / each.sigma)
        for metric, of_series in parts.items():
            z = np.concatenate(of_series)
            assert abs(z.std() - 1) < 0.06, metric
            assert np.mean(z**4) / z.var() ** 2 > 3.1, f"{metric}: heavier tails than a Gauss curve"
            assert np.mean([np.corrcoef(x[1:], x[:-1])[0, 1] for x in of_series]) > 0.1, metric


# --- the score ----------------------------------------------------------------------------------

SPIKE = {"series": "a", "kind": "spike", "start": 600, "end": 602, "size_sigma": 5.0}
RAMP = {"series": "a", "kind": "ramp", "start": 700, "end": 720, "size_sigma": 9.0}
LEVEL = {"series": "b", "kind": "level", "start": 800, "end": 830, "size_sigma": 4.5}
TRUTH = [SPIKE, RAMP, LEVEL]


def window(series: str, start: int, end: int) -> dict[str, Any]:
    return {"series": series, "start": start, "end": end}


def test_what_is_perfect_is_one_and_one() -> None:
    full = made.score(TRUTH, [window(r["series"], r["start"], r["end"]) for r in TRUTH])
    assert (full.precision, full.recall, full.false_alarms) == (1.0, 1.0, 0)
    assert (full.smallest_found_sigma, full.largest_missed_sigma, full.delay_h) == (4.5, None, 0.0)
    assert full.by_kind["ramp"] == (1, 1)
    assert full.by_kind["dip"] == (0, 0)
    assert full.by_size["4 to 6"] == (2, 2)


def test_nothing_found_leaves_precision_undefined() -> None:
    none = made.score(TRUTH, [])
    assert (none.precision, none.recall, none.smallest_found_sigma) == (None, 0.0, None)
    assert none.largest_missed_sigma == 9.0
    assert made.score([], []).recall is None


@pytest.mark.parametrize("name", SETS)
def test_everything_flagged_is_not_precise(name: str) -> None:
    series, truth = made.read_set(name)
    whole = made.score(truth, [window(r["series"], 0, made.HOURS) for r in series])
    assert whole.recall == 1.0
    assert whole.precision is not None
    assert whole.precision < 0.2
    each_hour = [window(r["series"], at, at + 1) for r in series for at in range(made.HOURS)]
    assert made.score(truth, each_hour).precision == pytest.approx(whole.precision, abs=0.02)


def test_several_windows_on_one_incident_are_one_true() -> None:
    twice = made.score(TRUTH, [window("b", 800, 803), window("b", 810, 840)])
    assert (twice.found, twice.false_alarms, twice.precision) == (1, 0, 1.0)


@pytest.mark.parametrize(
    ("start", "end", "found", "false"),
    [
        (603, 604, 1, 0),  # begins within 2 h of the end
        (604, 605, 0, 1),
        (590, 600, 0, 1),  # over before it begins
        (590, 601, 1, 0),
        (719, 725, 1, 0),
        (720, 722, 0, 1),  # a ramp is to be found by its end
        (300, 400, 0, 0),  # in the days to learn from
        (480, 510, 0, 1),  # of which 6 h count
        (570, 601, 1, 1),  # begins more than 12 h early
    ],
)
def test_which_window_counts(start: int, end: int, found: int, false: int) -> None:
    one = made.score(TRUTH, [window("a", start, end)])
    assert (one.found, one.false_alarms) == (found, false)
    other = made.score(TRUTH, [window("c", start, end)])
    assert other.found == 0, "another series' incident is not found"


def test_false_alarms_are_apart_by_six_hours_and_cost_by_the_day() -> None:
    near = [window("c", 600, 601), window("c", 606, 607)]
    assert made.score(TRUTH, near).false_alarms == 1
    apart = [window("c", 600, 601), window("c", 607, 608)]
    assert made.score(TRUTH, apart).false_alarms == 2
    assert made.score(TRUTH, [window("c", 600, 673)]).false_alarms == 4
    assert made.score(TRUTH, [*apart[:1], window("d", 600, 601)]).false_alarms == 2


def test_how_late_an_incident_was_found() -> None:
    assert made.score([LEVEL], [window("b", 812, 815), window("b", 806, 808)]).delay_h == 6.0


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before it begins"):
        made.score(TRUTH, [window("a", 600, 600)])
