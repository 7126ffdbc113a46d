"""Charts of importance and dependence: every figure is in them, and what is left out is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbench.core.viewers import mime_bundle
from workbench.interpretability.tabular.dependence import Dependence
from workbench.interpretability.tabular.importance import FeatureImportance, Importance
from workbench.studio.explain_charts import dependence_chart, importance_chart

WORTH = Importance(
    model="tree",
    data="made",
    measure="rise in log loss when shuffled",
    unit="nats",
    features=tuple(
        FeatureImportance(f"column {at}", 1 / (at + 1), 0.9 / (at + 1), 1.1 / (at + 1))
        for at in range(20)
    ),
    loss=0.3,
    rows=100,
    repeats=3,
    confidence=0.95,
    seed=0,
)
CURVE = Dependence(
    model="tree",
    data="made",
    feature="age",
    kind="number",
    output="probability of 'yes'",
    unit="probability",
    grid=(20, 30, 40),
    mean=(0.1, 0.3, 0.2),
    low=(0.05, 0.2, 0.1),
    high=(0.15, 0.4, 0.3),
    shares=(0.5, 0.3, 0.2),
    lines=(),
    crossing=0.25,
    rows=100,
    confidence=0.95,
    seed=0,
)


def test_importance_is_drawn_on_its_intervals_and_says_what_is_left_out() -> None:
    chart = importance_chart(WORTH)
    assert len(chart.rows) == 15 and chart.low == "low"
    assert "(5 lesser columns are not shown)" in chart.title
    assert "column 0: 1 (0.9 to 1.1)" in chart.describe()
    assert "not shown" not in importance_chart(replace(WORTH, features=WORTH.features[:3])).title


def test_a_curve_is_a_line_and_what_is_missing_a_point() -> None:
    chart = dependence_chart(CURVE)
    assert chart.mark == "line" and "25% of the rows go against the mean" in chart.title
    assert chart.rows[1]["detail"] == "30.0% of the rows are nearest"
    missing = dependence_chart(replace(CURVE, grid=(20, 30, None)))
    assert missing.mark == "point" and missing.categories == ["20", "30", "(missing)"]


@pytest.mark.parametrize("result", [WORTH, CURVE], ids=["importance", "dependence"])
def test_results_draw_themselves_with_a_picture(result: Importance | Dependence) -> None:
    bundle = mime_bundle(result)
    assert "application/vnd.plotly.v1+json" in bundle and bundle["image/png"]
