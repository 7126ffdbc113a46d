"""Metrics of rows against scikit-learn, their influence, and their intervals' coverage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk

from workbench.fairness.audit.group_audit import audit_groups
from workbench.fairness.audit.precision import Precision
from workbench.fairness.audit.row_bootstrap import draw_weights, resample_rows
from workbench.fairness.audit.row_metrics import RowMetric, mean_of, r2_score, roc_auc_score

GENERATOR = np.random.default_rng(11)
Y = (GENERATOR.random(300) < 0.4).astype(int)
SCORE = np.round(np.clip(0.3 * Y + 0.7 * GENERATOR.random(300), 0, 1), 2)  # with ties
OUTCOME = 1e6 + GENERATOR.normal(size=300)  # far from 0: squares must not cancel
GUESS = OUTCOME + 0.5 * GENERATOR.normal(size=300)


@pytest.mark.parametrize(
    ("metric", "theirs"),
    [
        (roc_auc_score(Y, SCORE), lambda w: sk.roc_auc_score(Y, SCORE, sample_weight=w)),
        (r2_score(OUTCOME, GUESS), lambda w: sk.r2_score(OUTCOME, GUESS, sample_weight=w)),
        (mean_of("m", np.abs(OUTCOME - GUESS)),
         lambda w: sk.mean_absolute_error(OUTCOME, GUESS, sample_weight=w)),
    ],
    ids=["roc_auc", "r2", "mae"],
)  # fmt: skip
def test_weights_give_scikit_learns_values(
    metric: RowMetric, theirs: Callable[[Any], float]
) -> None:
    weights = np.random.default_rng(0).integers(0, 4, (20, 300)).astype(float)
    weights[0] = 1
    found = metric.evaluate(weights)
    expected = [theirs(row) for row in weights]
    assert found == pytest.approx(expected, abs=1e-8 if metric.name == "r2_score" else 1e-12)
    # The influence is the derivative: a little more weight on each row in turn.
    nudged = np.ones((300, 300)) + 1e-5 * np.eye(300)
    slope = (metric.evaluate(nudged) - metric.evaluate(np.ones((1, 300)))) / 1e-5
    assert slope == pytest.approx(metric.influence, abs=1e-4 * np.abs(metric.influence).max())


def test_what_is_not_defined_is_nan() -> None:
    alone = np.ones((1, 5))
    assert np.isnan(roc_auc_score(np.ones(5), np.arange(5)).evaluate(alone)).all()
    assert np.isnan(r2_score(np.full(5, 3.0), np.arange(5)).evaluate(alone)).all()


def test_clusters_are_drawn_whole() -> None:
    clusters = np.arange(40) // 4
    weights = draw_weights(clusters, draws=200, seed=1).reshape(200, 10, 4)
    assert (weights == weights[:, :, :1]).all()
    assert (weights.sum(axis=(1, 2)) == 40).all()
    alone = draw_weights(np.arange(40), draws=200, seed=1).reshape(200, 10, 4)
    assert (alone != alone[:, :, :1]).any()


def test_blocks_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = np.arange(300) % 2

    def make(rows: Any) -> list[RowMetric]:
        return [mean_of("m", OUTCOME[rows])]

    (whole,) = resample_rows(make, codes, 2, draws=100, seed=4)
    assert whole.draws.shape == (100, 3)
    assert whole.draws.std(axis=0).min() > 0
    again = resample_rows(make, codes, 2, draws=100, seed=4)[0]
    assert (whole.draws == again.draws).all()


def test_a_regressions_figures_are_the_librarys() -> None:
    generator = np.random.default_rng(2)
    group = np.where(generator.random(300) < 0.3, "a", "b")
    ours = audit_groups(OUTCOME, GUESS, sensitive={"g": group}, precision=Precision(row_draws=200))
    assert ours.task == "regression"
    for name, function in (
        ("mean_absolute_error", sk.mean_absolute_error),
        ("mean_squared_error", sk.mean_squared_error),
        ("r2_score", sk.r2_score),
    ):
        values = {}
        for at in ("a", "b"):
            inside = group == at
            values[at] = function(OUTCOME[inside], GUESS[inside])
            assert ours.figure(name, f"g={at}").value == pytest.approx(values[at], abs=1e-12)
        assert ours.figure(name, "everyone").value == pytest.approx(function(OUTCOME, GUESS))
        apart = ours.disparity(f"{name}_difference").value
        assert apart == pytest.approx(abs(values["a"] - values["b"]), abs=1e-12)
    worst = ours.disparity("mean_absolute_error_group_max")
    assert worst.value == max(f.value for f in ours.groups if f.metric == "mean_absolute_error")


def test_intervals_of_row_metrics_hold_a_known_value() -> None:
    """400 simulations: the mean error of two groups, and how far they lie apart."""
    held: dict[str, list[bool]] = {"a": [], "b": [], "apart": []}
    generator = np.random.default_rng(9)
    for number in range(400):
        codes = (generator.random(250) < 0.3).astype(int)
        errors = np.where(codes == 1, 2.0, 1.0) * generator.exponential(size=250)

        def make(rows: Any, errors: Any = errors) -> list[RowMetric]:
            return [mean_of("mean_absolute_error", errors[rows])]

        found = resample_rows(make, codes, 2, draws=300, seed=number)
        from workbench.fairness.audit.disparities import REGRESSION_DISPARITIES, measure_disparities
        from workbench.fairness.audit.group_figures import tell_figures
        from workbench.fairness.audit.groups import Groups

        figures, _ = tell_figures(found, Groups(("a", "b"), codes, (175, 75), ()), 250, 0.95)
        told = {figure.group: figure for figure in figures}
        held["a"].append(told["a"].low <= 1 <= told["a"].high)
        held["b"].append(told["b"].low <= 2 <= told["b"].high)
        (apart,), _ = measure_disparities(
            REGRESSION_DISPARITIES[:1],
            {found[0].metric: found[0]},
            ("a", "b"),
            compare="between_groups",
            confidence=0.95,
            rows=250,
        )
        held["apart"].append(apart.low <= 1 <= apart.high)
    shares = {name: np.mean(hits) for name, hits in held.items()}
    assert {name: share for name, share in shares.items() if not 0.92 <= share <= 0.98} == {}
