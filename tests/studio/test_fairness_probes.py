"""Probes as they are drawn: the caution, dots with intervals, what was left out."""

from __future__ import annotations

import re
from typing import Any

import pytest

from workbench.core.errors import InputError
from workbench.core.viewers import mime_bundle
from workbench.fairness.language.items import Excluded
from workbench.fairness.language.result import (
    ComparedFigure,
    Inference,
    ProbeComparison,
    ProbeFigure,
    ProbeResult,
)
from workbench.fairness.language.swap_result import SwapFigure, SwapResult
from workbench.fairness.language.swaps import Answer
from workbench.studio.fairness_probe_charts import change_chart, probe_chart, swap_chart
from workbench.studio.forest import ForestRow, forest

GROUPS = (("all", "all"), ("bias_type", "age"), ("bias_type", "religion"))
ABOUT = {"log_ratio": "first less second"}
CONTROLS = {"none": "as it is", "frequency": "less words"}


def figure(control: str, by: str, group: str) -> ProbeFigure:
    flagged = group == "age"
    return ProbeFigure(
        "log_ratio", control, by, group, 40, 0.5, 0.2, 0.8, "nats", 0.0, 0.01, 0.02, flagged
    )


@pytest.fixture
def result() -> ProbeResult:
    figures = tuple(figure(control, *group) for control in CONTROLS for group in GROUPS)
    left_out = (Excluded("bias_type <b>", 3, "fewer than 10 items (none)"),)
    return ProbeResult("crows_pairs", "m", "transformers", 1018, 40, 40, 7, figures, left_out,
                       ABOUT, CONTROLS, Inference(), "Not a bias score.", {})  # fmt: skip


@pytest.fixture
def comparison() -> ProbeComparison:
    figures = tuple(
        ComparedFigure("log_ratio", "frequency", by, group, 40, 0.5, 0.3, -0.2, -0.3, -0.1, "nats",
                       0.01, 0.02, True)
        for by, group in GROUPS
    )  # fmt: skip
    return ProbeComparison("crows_pairs", "m", "m:mine@1", 40, figures, (), ABOUT, CONTROLS,
                           Inference(), "Not a bias score.", {})  # fmt: skip


@pytest.fixture
def swaps() -> SwapResult:
    figures = tuple(
        SwapFigure("refused", "", group, 12, 0.5, 0.3, 0.7, d, d - 0.1, d + 0.1, "share", 0.01,
                   0.01, True)
        for group, d in (("female", 0.4), ("male", -0.4))
    )  # fmt: skip
    answers = (Answer("female", "name 1", "Emily?", "I can't help.", 5, True, ()),)
    return SwapResult("gender", "m", "llamacpp", ("female", "male"), ("{name}?",), 12, figures, (),
                      {"refused": "share of refusals"}, "w", "l", "Made lists.", Inference(),
                      answers)  # fmt: skip


def html_of(shown: Any) -> str:
    return str(mime_bundle(shown)["text/html"])


def test_a_probe_says_its_caution_its_groups_and_what_was_left_out(result: ProbeResult) -> None:
    html = html_of(result)
    assert html.index("Not a bias score.") < html.index("first less second")
    assert "0 is no preference" in html and "<strong>differs</strong>, p = 0.020" in html
    assert "not shown, p = 0.020" in html
    assert html.count("<svg") == 6
    assert "bias_type &lt;b&gt;" in html and "40 of 1,018 rows" in html


def test_a_change_and_a_swap_say_what_differs(
    comparison: ProbeComparison, swaps: SwapResult
) -> None:
    html = html_of(comparison)
    assert "m:mine@1 less m" in html and "religion" in html
    html = html_of(swaps)
    assert "female less male" in html and "I can&#x27;t help." in html
    assert html.count("<svg") == 1  # of two groups the difference is one


def test_dots_stand_at_their_values_on_one_scale() -> None:
    rows = [
        ForestRow("a", 10, 0.0, -1.0, 1.0, 0.5, False),
        ForestRow("b", 10, 1.0, 0.5, 3.0, 0.001, True),
    ]
    html = forest(rows, null=0.0, unit="nats", title="t")
    places = [float(place) for place in re.findall(r'cx="([\d.]+)"', html)]
    nulls = {float(place) for place in re.findall(r"M([\d.]+) 0v18", html)}
    assert nulls == {places[0]}  # the first lies on the line of no preference
    assert places[1] > places[0]
    # Not colour alone: a hollow dot and a word as well.
    assert 'fill="var(--paper)"' in html and "not shown" in html


def test_charts_hold_every_group_with_its_interval(
    result: ProbeResult, comparison: ProbeComparison, swaps: SwapResult
) -> None:
    chart = probe_chart(result)
    assert chart.panels == ["as it is", "less word frequency"]
    assert [row["group"] for row in chart.rows[:3]] == ["all", "age", "religion"]
    assert all(row["low"] <= row["value"] <= row["high"] for row in chart.rows)
    assert "0 is no preference" in chart.title
    assert change_chart(comparison, "log_ratio").groups == ["differs"]
    assert [row["group"] for row in swap_chart(swaps, "refused").rows] == ["female", "male"]
    assert b"PNG" in chart.png()[:8]
    for missing in (
        lambda: probe_chart(result, "nothing"),
        lambda: change_chart(comparison, "log_ratio", control="none"),
        lambda: swap_chart(swaps, "insults"),
    ):
        with pytest.raises(InputError, match="there is no figure of"):
            missing()
