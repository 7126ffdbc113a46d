"""The page of benchmarks says what was measured: ratios the right way up, bounds met or not."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

REPO = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def shape() -> Iterator[ModuleType]:
    """What the benchmarks have in common."""
    sys.path.insert(0, str(REPO / "bench"))
    yield importlib.import_module("shape")
    sys.path.remove(str(REPO / "bench"))


@pytest.fixture(scope="module")
def page() -> Iterator[ModuleType]:
    """The tool that writes the page."""
    sys.path.insert(0, str(REPO / "tools"))
    yield importlib.import_module("benchmarks")
    sys.path.remove(str(REPO / "tools"))


def result(shape: ModuleType, date: str, *figures: Any) -> dict[str, Any]:
    about: dict[str, Any] = shape.circumstances()
    return about | {
        "date": date,
        "load_before": [0.1, 0.1, 0.1],
        "load_after": [1.0, 1.0, 1.0],
        "rounds": 3,
        "figures": [each.told() for each in figures],
    }


def test_a_ratio_above_one_is_good_for_us_whatever_the_unit(shape: ModuleType) -> None:
    rates = shape.Figure("a", "peer", "tokens/s", (30.0, 20.0, 40.0), (10.0, 10.0, 10.0), bound=3)
    times = shape.Figure("b", "peer", "s", (1.0,), (4.0,), better="lower", bound=4.1)
    assert rates.told()["ratio"] == 3.0
    assert rates.told()["met"] is True
    assert times.told()["ratio"] == 4.0
    assert times.told()["met"] is False
    assert shape.Figure("c", "peer", "s", (1.0,), (4.0,)).told()["met"] is None


def test_the_sides_take_turns(shape: ModuleType) -> None:
    order: list[str] = []

    def side(name: str) -> str:
        order.append(name)
        return name

    done = shape.take_turns(lambda: side("a"), lambda: side("b"), rounds=3)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert done == (["a"] * 3, ["b"] * 3)


def test_the_page_keeps_its_sets_and_says_what_was_not_met(
    shape: ModuleType, page: ModuleType
) -> None:
    slow = shape.Figure("speed", "peer", "tokens/s", (9.0,), (10.0,), bound=0.95)
    first = result(shape, "2026-11-01T10:00:00+00:00", slow)
    text = page.page("", first)
    assert (
        "| speed | 9 tokens/s | 10 tokens/s, peer | 0.90 (0.90 to 0.90) | at least 0.95 |" in text
    )
    assert "**not met**" in text
    assert "a quiet machine" in text
    size = shape.Figure("size", "peer", "MB", (1.0,), (1.0,))
    later = result(shape, "2026-11-02T10:00:00+00:00", size) | {"load_before": [9.0, 9.0, 9.0]}
    both = page.page(text, later)
    assert page.page(both, first) == both
    assert both.index("2026-11-02, a busy machine") < both.index("2026-11-01, a quiet machine")


def test_a_figure_stands_where_it_was_measured_last(shape: ModuleType, page: ModuleType) -> None:
    """Dropping whole sets by their age lost what had been measured in no later one."""
    fast = shape.Figure("speed", "peer", "tokens/s", (20.0,), (10.0,))
    slow = shape.Figure("speed", "peer", "tokens/s", (9.0,), (10.0,))
    other = shape.Figure("speed", "another", "tokens/s", (9.0,), (10.0,))
    text = page.page("", result(shape, "2026-11-01T10:00:00+00:00", slow, other))
    for day in range(2, 20):
        text = page.page(text, result(shape, f"2026-11-{day:02d}T10:00:00+00:00", fast))
    rows = [line for line in text.splitlines() if line.startswith("| speed")]
    assert [("another" in row, "| 20 tokens/s |" in row) for row in rows] == [
        (False, True),
        (True, False),
    ]


def test_a_figure_of_another_processor_replaces_nothing(
    shape: ModuleType, page: ModuleType
) -> None:
    speed = shape.Figure("speed", "peer", "tokens/s", (9.0,), (3.0,), bound=2)
    here = result(shape, "2026-11-01T10:00:00+00:00", speed)
    other = here | {"date": "2026-11-02T10:00:00+00:00", "machine": here["machine"] | {"cpu": "Z"}}
    both = page.page(page.page("", here), other)
    assert both.count("| speed |") == 2
    again = page.page(both, here | {"date": "2026-11-03T10:00:00+00:00"})
    assert again.count("| speed |") == 2  # the first of this processor has gone
    assert "2026-11-01" not in again
