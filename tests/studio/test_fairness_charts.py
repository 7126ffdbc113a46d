"""Audits as pictures: what is shown, in which order, and that no colour stands alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.core.viewers import mime_bundle
from workbench.fairness.audit.group_audit import audit_groups
from workbench.fairness.audit.outcomes import read_outcomes
from workbench.fairness.audit.precision import Precision
from workbench.fairness.audit.result import GroupAudit
from workbench.fairness.audit.slices import SliceSearch, find_slices
from workbench.fairness.audit.thresholds import ThresholdSweep, sweep_thresholds
from workbench.studio import fairness_charts as charts
from workbench.studio.vega_chart import specification

ROWS = 1500


def made() -> tuple[Any, Any, Any]:
    generator = np.random.default_rng(0)
    group = generator.choice(["a", "b", "c"], ROWS, p=(0.6, 0.39, 0.01))
    y = (generator.random(ROWS) < 0.4).astype(int)
    score = np.clip(0.4 * y + 0.6 * generator.random(ROWS) + 0.1 * (group == "a"), 0, 1)
    return y, score, group


@pytest.fixture(scope="module")
def audit() -> GroupAudit:
    y, score, group = made()
    return audit_groups(
        y,
        (score > 0.5).astype(int),
        sensitive={"g": group},
        score=score,
        precision=Precision(draws=200, row_draws=100),
        dataset="made <data>",
        model="rule",
    )


@pytest.fixture(scope="module")
def sweep() -> ThresholdSweep:
    y, score, group = made()
    outcomes = read_outcomes(y, (score > 0.5).astype(int), score=score)
    return sweep_thresholds(
        outcomes,
        sensitive={"g": group},
        thresholds=(0.4, 0.6),
        precision=Precision(draws=100),
        dataset="made",
        model="rule",
    )


@pytest.fixture(scope="module")
def search() -> SliceSearch:
    generator = np.random.default_rng(1)
    town = generator.choice(["x", "y", "z"], ROWS)
    losses = (generator.random(ROWS) < np.where(town == "z", 0.4, 0.1)).astype(float)
    return find_slices({"town": town, "age": generator.integers(20, 60, ROWS)}, losses)


def test_groups_stand_below_each_other_with_their_intervals(audit: GroupAudit) -> None:
    chart = charts.plot_groups(audit)
    assert chart.sideways
    assert chart.categories == ["a", "b", "everyone"]
    assert chart.panels == ["selection rate", "true positive rate", "false positive rate"]
    row = chart.rows[0]
    told = audit.figure("selection_rate", "g=a")
    assert (row["value"], row["low"], row["high"]) == (told.value, told.low, told.high)
    drawn = specification(chart)["spec"]["layer"]
    assert [layer["mark"]["type"] for layer in drawn] == ["rule", "point"]
    assert drawn[0]["encoding"]["x2"] == {"field": "high"}
    assert drawn[1]["encoding"]["y"]["type"] == "nominal"
    figure = chart.figure()
    assert figure.data[0].error_x.array is not None
    assert figure.data[0].error_y.array is None
    assert list(figure.data[0].y) == ["a", "b", "everyone"]


def test_disparities_say_by_shape_what_the_tests_say(audit: GroupAudit) -> None:
    chart = charts.plot_disparities(audit)
    told = {row["disparity"]: row["test"] for row in chart.rows}
    assert told["demographic parity difference"] == "groups differ (Holm)"
    assert told["base rate difference"] == "no difference shown"
    drawn = specification(chart)["layer"][1]["encoding"]
    assert drawn["shape"]["field"] == drawn["color"]["field"] == "series"
    symbols = {trace.marker.symbol for trace in chart.figure().data}
    assert len(symbols) == 2


def test_lines_differ_in_their_dashes_too(audit: GroupAudit, sweep: ThresholdSweep) -> None:
    for chart in (charts.plot_calibration(audit), charts.plot_thresholds(sweep)):
        marks = specification(chart)["layer"]
        line = next(layer for layer in marks if layer["mark"]["type"] == "line")
        assert line["encoding"]["strokeDash"]["field"] == "series"
        dashes = [trace.line.dash for trace in chart.figure().data]
        assert len(set(dashes)) == len(dashes) >= 2


def test_long_rules_have_a_line_for_each_condition(search: SliceSearch) -> None:
    chart = charts.plot_slices(search)
    assert str(chart.rows[0]["slice"]).startswith("town = z (")
    axis = specification(chart)["layer"][1]["encoding"]["y"]["axis"]
    assert axis["labelExpr"] == r"split(datum.label, '\n')"


@pytest.mark.parametrize("name", ["audit", "sweep", "search"])
def test_each_result_draws_itself(name: str, request: pytest.FixtureRequest) -> None:
    html = mime_bundle(request.getfixturevalue(name))["text/html"]
    assert 'src="data:image/svg+xml;base64,' in html
    assert 'alt="' in html
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "<data>" not in html


def test_the_card_lists_what_was_left_out(audit: GroupAudit) -> None:
    html = mime_bundle(audit)["text/html"]
    assert "What was left out, and why" in html
    assert "fewer than 30 rows" in html


def test_what_is_not_there_is_not_drawn(audit: GroupAudit, search: SliceSearch) -> None:
    from dataclasses import replace

    with pytest.raises(InputError, match="it needs scores"):
        charts.plot_calibration(replace(audit, calibration=()))
    with pytest.raises(InputError, match="there are no figures of none"):
        charts.plot_groups(audit, ["none"])
    none = replace(search, slices=())
    with pytest.raises(InputError, match="there are no slices"):
        charts.plot_slices(none)
    assert "No slice has more error" in mime_bundle(none)["text/html"]


def test_only_names_lie_sideways() -> None:
    from workbench.studio.chart import lines, points

    with pytest.raises(InputError, match="lie sideways"):
        points([{"a": 1, "b": 2}], "a", "b", title="t", x_title="", y_title="", sideways=True)
    with pytest.raises(InputError, match="lie sideways"):
        lines([{"a": "x", "b": 2}], "a", "b", title="t", x_title="", y_title="", sideways=True)
