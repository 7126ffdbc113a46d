"""The sweep: at each threshold what an audit of that cut says, from one set of draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.fairness.audit.group_audit import audit_groups
from workbench.fairness.audit.outcomes import read_outcomes
from workbench.fairness.audit.precision import Precision
from workbench.fairness.audit.thresholds import sweep_thresholds


def made(rows: int = 2000) -> tuple[Any, Any, Any]:
    generator = np.random.default_rng(8)
    group = np.where(generator.random(rows) < 0.3, "a", "b")
    y = (generator.random(rows) < np.where(group == "a", 0.3, 0.45)).astype(int)
    score = np.round(1 / (1 + np.exp(-(2 * y - 1 + generator.normal(size=rows)))), 2)
    return y, score, group


def test_each_threshold_is_the_audit_of_its_cut() -> None:
    y, score, group = made()
    outcomes = read_outcomes(y, (score >= 0.5).astype(int), score=score)
    how = Precision(draws=4000, seed=3)
    sweep = sweep_thresholds(
        outcomes, sensitive={"g": group}, thresholds=(0.3, 0.5, 0.62), precision=how
    )
    assert sweep.thresholds == (0.3, 0.5, 0.62)
    for cut in sweep.thresholds:
        audit = audit_groups(y, (score >= cut).astype(int), sensitive={"g": group}, precision=how)
        told = [f for f in sweep.figures if f.threshold == cut]
        assert len(told) == 4 * 3
        for figure in told:
            same = audit.figure(figure.metric, figure.group)
            assert figure.value == pytest.approx(same.value, abs=1e-12)
            # Other draws of the same distribution.
            width = same.high - same.low
            assert figure.low == pytest.approx(same.low, abs=0.1 * width)
            assert figure.high == pytest.approx(same.high, abs=0.1 * width)
        for apart in (d for d in sweep.disparities if d.threshold == cut):
            assert apart.value == pytest.approx(audit.disparity(apart.metric).value, abs=1e-12)


def test_a_score_at_the_threshold_is_selected() -> None:
    y, score, group = made()
    outcomes = read_outcomes(y, (score >= 0.5).astype(int), score=score)
    sweep = sweep_thresholds(outcomes, sensitive={"g": group}, thresholds=(0.5,))
    (everyone,) = [
        f.value for f in sweep.figures if (f.group, f.metric) == ("everyone", "selection_rate")
    ]
    assert (score == 0.5).any()
    assert everyone == pytest.approx((score >= 0.5).mean(), abs=1e-12)
    assert everyone != pytest.approx((score > 0.5).mean(), abs=1e-12)


def test_what_cannot_be_swept_is_refused() -> None:
    y, score, group = made()
    labels = read_outcomes(y, y)
    with pytest.raises(InputError, match="a sweep needs scores"):
        sweep_thresholds(labels, sensitive={"g": group})
    outcomes = read_outcomes(y, y, score=score)
    for cuts in ((), (0.0, 0.5), (0.5, 1.5)):
        with pytest.raises(InputError, match="must lie above 0"):
            sweep_thresholds(outcomes, sensitive={"g": group}, thresholds=cuts)
