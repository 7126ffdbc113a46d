"""The lab on who is served worse: learners' wrong answers, and fakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .conftest import needs_bubblewrap
from .planted import (
    ALWAYS_RIGHT,
    FORGED,
    assert_caught,
    assert_no_points,
    assert_solved,
    cells_of,
)

NAME = "fairness/01_who_is_served_worse"
RATES = (
    "from collections import Counter\n"
    "def selection_rates(groups, chosen):\n"
    "    n, k = Counter(groups), Counter(g for g, c in zip(groups, chosen) if c)\n"
    "    return {{{}}}"
)
GAP = (
    "def gap_interval(a, n, b, m):\n"
    "    p, q = a / n, b / m\n"
    "    gap, e = {gap}, 1.96 * ({error})\n"
    "    low, high = gap - e, gap + e\n"
    "    return {{'gap': gap, 'low': low, 'high': high, 'may_be_luck': {luck}}}"
)
ERROR, LUCK = "(p * (1 - p) / n + q * (1 - q) / m) ** 0.5", "low <= 0 <= high"
OUT = (
    "from collections import Counter\n"
    "def left_out(first, second, least):\n"
    "    cells = sorted((n, *pair) for pair, n in Counter(zip(first, second)).items())\n"
    "    return [[{}] for n, a, b in cells if {}]"
)
LINES = (
    "def equal_lines(groups, scores, share):\n"
    "    lines = {{}}\n"
    "    for name in set(groups):\n"
    "        own = sorted((s for g, s in zip(groups, scores) if {of}), reverse={high})\n"
    "        k = max(1, round(share * len(own)))\n"
    "        lines[name] = own[{place}]\n"
    "    return lines"
)
FOUND = (
    "def found_rates(groups, actual, scores, lines):\n"
    "    rates, rows = {{}}, list(zip(groups, actual, scores))\n"
    "    for name in set(groups):\n"
    "        own = [(a, {accepted}) for g, a, s in rows if g == name]\n"
    "        asked = [hit for a, hit in own if {asked}]\n"
    "        if asked: rates[name] = sum(asked) / len(asked)\n"
    "    return rates"
)
SLICE = (
    "def worst_slice(columns, wrong, least):\n"
    "    found = []\n"
    "    for column, values in columns.items():\n"
    "        for value in sorted(set(values)):\n"
    "            own = [w for v, w in zip(values, wrong) if v == value]\n"
    "            if {kept}: found.append([column, value, len(own), {rate}])\n"
    "    return max(found, key=lambda one: {key})"
)
APART = "def decided_by_group(scores, lines):\n    low, high = {}\n    return {}"

PLANTED = {
    "divided by all rows": (
        "q1",
        RATES.format("g: k[g] / len(groups) for g in n"),
        "divided by all rows",
    ),
    "the share of those picked": (
        "q1",
        RATES.format("g: k[g] / sum(chosen) for g in n"),
        "share of those who are picked",
    ),
    "numbers of rows": ("q1", RATES.format("g: k[g] for g in n"), "number of rows"),
    "who is never picked is forgotten": (
        "q1",
        RATES.format("g: k[g] / n[g] for g in k"),
        "has the rate 0",
    ),
    "standard errors are added": (
        "q2",
        GAP.format(
            gap="p - q", error="(p * (1 - p) / n) ** 0.5 + (q * (1 - q) / m) ** 0.5", luck=LUCK
        ),
        "the variances do",
    ),
    "the root is missing": (
        "q2",
        GAP.format(gap="p - q", error=ERROR.removesuffix(" ** 0.5"), luck=LUCK),
        "the root is missing",
    ),
    "the gap is turned round": (
        "q2",
        GAP.format(gap="q - p", error=ERROR, luck=LUCK),
        "the first rate less the second",
    ),
    "a small gap is luck": (
        "q2",
        GAP.format(gap="p - q", error=ERROR, luck="abs(gap) < 0.05"),
        "the interval holds 0",
    ),
    "what is negative is luck": (
        "q2",
        GAP.format(gap="p - q", error=ERROR, luck="low <= 0"),
        "above where the gap is negative",
    ),
    "the edge is left out": ("q3", OUT.format("a, b, n", "n <= least"), "large enough"),
    "the large cells": ("q3", OUT.format("a, b, n", "n >= least"), "that are kept"),
    "without sizes": ("q3", OUT.format("a, b", "n < least"), "needs its n"),
    "the largest first": (
        "q3",
        OUT.format("a, b, n", "n < least") + "[::-1]",
        "the smallest comes first",
    ),
    "one line for all": (
        "q4",
        LINES.format(of="True", high=True, place="k - 1"),
        "one line for all",
    ),
    "the lowest are accepted": (
        "q4",
        LINES.format(of="g == name", high=False, place="k - 1"),
        "order them from the highest",
    ),
    "one too many": (
        "q4",
        LINES.format(of="g == name", high=True, place="min(k, len(own) - 1)"),
        "one too many",
    ),
    "the share as a line": (
        "q4",
        "def equal_lines(groups, scores, share):\n    return dict.fromkeys(groups, share)",
        "not the height of the line",
    ),
    "everybody counts": (
        "q5",
        FOUND.format(accepted="s >= lines[g]", asked="True"),
        "only rows with actual == 1",
    ),
    "precision": (
        "q5",
        FOUND.format(accepted="a if s >= lines[g] else None", asked="hit is not None"),
        "that is precision",
    ),
    "the line itself is refused": (
        "q5",
        FOUND.format(accepted="s > lines[g]", asked="a == 1"),
        "stands on the line is accepted",
    ),
    "the old line": (
        "q5",
        FOUND.format(accepted="s >= 0.5", asked="a == 1"),
        "each group has its own",
    ),
    "a rate of nobody": (
        "q5",
        FOUND.format(accepted="s >= lines[g]", asked="a == 1").replace(
            "if asked: rates[name] = ", "rates[name] = not asked or "
        ),
        "no true positive rate",
    ),
    "most errors": (
        "q6",
        SLICE.format(kept="len(own) >= least", rate="sum(own) / len(own)", key="one[2] * one[3]"),
        "because it has the most rows",
    ),
    "a slice of one": (
        "q6",
        SLICE.format(kept="own", rate="sum(own) / len(own)", key="one[3]"),
        "too few to be a finding",
    ),
    "errors over all rows": (
        "q6",
        SLICE.format(kept="len(own) >= least", rate="sum(own) / len(wrong)", key="one[3] / one[2]"),
        "not by the slice's",
    ),
    "a number of people": (
        "q7",
        APART.format(
            "min(lines.values()), max(lines.values())", "sum(low <= s < high for s in scores)"
        ),
        "a share is asked for",
    ),
    "two groups only": (
        "q7",
        APART.format(
            "sorted(list(lines.values())[:2])",
            "sum(low <= s < high for s in scores) / len(scores)",
        ),
        "there may be more",
    ),
    "how far the lines are apart": (
        "q7",
        APART.format("min(lines.values()), max(lines.values())", "high - low"),
        "how far the lines are apart",
    ),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_wrong_answer_is_caught_with_the_fault_named(planted: str) -> None:
    assert_caught(NAME, *PLANTED[planted])


@pytest.fixture(scope="module")
def solved() -> dict[str, Any]:
    """The functions of the solution, which need no data."""
    namespace: dict[str, Any] = {}
    exec("from collections import Counter", namespace)
    for cell in cells_of(NAME):
        if cell.startswith("def "):
            exec(cell, namespace)
    return namespace


@pytest.mark.parametrize("seed", range(12))
def test_the_solution_passes_whatever_is_drawn(seed: int, solved: dict[str, Any]) -> None:
    assert_solved(NAME, solved, seed=seed)


FAKES = {
    "checks that always pass": ALWAYS_RIGHT,
    "the public answers by heart, objects that equal everything": """
class Anything(float):
    def __eq__(self, other): return True
    def __float__(self): return 0.5
    __hash__ = float.__hash__
def selection_rates(groups, chosen):
    return {"a": 0.0, "b": 4 / 6 + 1 / 6} if len(groups) == 8 else {"x": 0.5, "y": 0.0}
def left_out(first, second, least): return [["f", "z", 1], ["m", "z", 1]]
def equal_lines(groups, scores, share): return {name: Anything(0) for name in groups}
def decided_by_group(scores, lines): return Anything(0)
""",
    "a forged result and an early end": FORGED % 18,
}


@needs_bubblewrap
@pytest.mark.slow
@pytest.mark.parametrize("fake", FAKES)
def test_a_fake_has_no_points(fake: str, shared_home: Path, tmp_path: Path) -> None:
    assert_no_points(NAME, FAKES[fake], stubs=7, tmp_path=tmp_path, mark="def ")
