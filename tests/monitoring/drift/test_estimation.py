"""Accuracy without labels: right under covariate shift, and bounds that say when not to rely on it.

Adult's 25 shifts are in bench/monitoring_drift.py.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.core import settings
from workbench.core.errors import InputError
from workbench.monitoring.drift.estimation import estimate_accuracy
from workbench.monitoring.drift.shift_trials import try_shifts


def rows(count: int, seed: int, *, at: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Made inputs, the scores of a model that is too sure of itself, and truths."""
    draw = np.random.default_rng(seed)
    inputs = draw.normal([at, 0], 1, size=(count, 2))
    logits = inputs[:, 0]
    truth = (draw.random(count) < 1 / (1 + np.exp(-logits))).astype(float)
    return inputs, 1 / (1 + np.exp(-3 * logits)), truth


def test_the_estimate_is_near_the_truth_where_the_unchanged_accuracy_is_not() -> None:
    inputs, scores, truth = rows(5000, 0)
    current, given, hidden = rows(3000, 1, at=1.2)
    found = estimate_accuracy(scores, truth, given, reference_rows=inputs, rows=current)
    right = float(((given >= 0.5) == (hidden == 1)).mean())
    assert abs(found.accuracy - right) <= 0.03
    assert found.low <= right <= found.high
    assert abs(found.reference_accuracy - right) > 0.05
    # The broken variant: the model's confidence as it stands, without calibration.
    assert abs(float(np.maximum(given, 1 - given).mean()) - right) > 0.05


def test_rows_unlike_any_reference_are_not_vouched_for() -> None:
    inputs, scores, truth = rows(2000, 2)
    current, given, _ = rows(400, 3, at=3.5)
    found = estimate_accuracy(scores, truth, given, reference_rows=inputs, rows=current)
    assert found.effective_rows < 300
    assert found.shift_auc > 0.9
    one = np.repeat(current[:4], 100, axis=0), np.repeat(given[:4], 100)
    repeated = estimate_accuracy(scores, truth, one[1], reference_rows=inputs, rows=one[0])
    assert not repeated.supported  # four rows a hundred times are four rows


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    held = []
    for seed in range(25):
        _, scores, truth = rows(600, seed)
        _, given, hidden = rows(400, seed + 1000, at=0.5)
        found = estimate_accuracy(scores, truth, given, draws=60, seed=seed)
        right = float(((given >= 0.5) == (hidden == 1)).mean())
        held.append(found.low <= right <= found.high)
    assert np.mean(held) >= 0.8


def test_two_shifts_of_adult(shared_home_path: Path) -> None:
    with settings.override(home=shared_home_path):
        trials = try_shifts(kinds=("younger",), sizes=(1.0, 2.0))
    for trial in trials:
        assert trial.weighted.supported
        assert abs(trial.error_points) <= 3
        assert abs(100 * (trial.unchanged - trial.truth)) > 3  # who does not look is wrong


def test_too_few_rows_and_labels_of_one_kind_are_refused() -> None:
    _, scores, truth = rows(200, 4)
    with pytest.raises(InputError, match="99 current"):
        estimate_accuracy(scores, truth, scores[:99])
    with pytest.raises(InputError, match="not 0 and 1"):
        estimate_accuracy(scores, np.ones(200), scores)
    with pytest.raises(InputError, match="outside"):
        estimate_accuracy(scores * 2, truth, scores)
    with pytest.raises(InputError, match="inputs of shapes"):
        estimate_accuracy(scores, truth, scores, reference_rows=scores[:, None], rows=scores)
