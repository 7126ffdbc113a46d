"""The ratio of all windows at once is what the textbook's formula gives for each, and its level
holds."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.monitoring.anomalies.explaining import threshold_of
from workbench.monitoring.anomalies.noise import Noise
from workbench.monitoring.anomalies.scan import Scan, Window, lengths, precision

STEPS = 80


def covariance(noise: Noise, observed: np.ndarray) -> np.ndarray:
    """By the definition, over the observed steps."""
    at = np.flatnonzero(observed)
    apart = np.abs(at[:, None] - at[None, :])
    plain = noise.wander * noise.keeps**apart + (1 - noise.wander) * np.eye(len(at))
    return plain * np.outer(noise.sigma[at], noise.sigma[at])


def some(seed: int, *, wander: float, keeps: float) -> tuple[Noise, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    observed = np.ones(STEPS, bool)
    observed[[7, 8, 9, 40]] = False
    noise = Noise(draw.uniform(0.5, 2.0, STEPS), wander, keeps)
    return noise, observed, np.where(observed, draw.normal(size=STEPS), 0.0)


@pytest.mark.parametrize(("wander", "keeps"), [(1.0, 0.7), (0.4, 0.95), (0.0, 0.0)])
def test_the_precision_is_the_inverse_over_gaps(wander: float, keeps: float) -> None:
    noise, observed, _ = some(0, wander=wander, keeps=keeps)
    found = precision(noise, observed)
    at = np.flatnonzero(observed)
    assert np.allclose(found[np.ix_(at, at)], np.linalg.inv(covariance(noise, observed)))
    assert not found[~observed].any()


@pytest.mark.parametrize("seed", range(3))
def test_the_best_window_is_the_best_of_all_by_the_formula(seed: int) -> None:
    noise, observed, rests = some(seed, wander=0.6, keeps=0.8)
    inverse = np.linalg.inv(covariance(noise, observed))
    at = np.flatnonzero(observed)
    best = 0.0
    for length in lengths(STEPS):
        for first in range(STEPS - length + 1):
            for shape in ("level", "ramp") if length >= 8 else ("level",):
                window = Window(first, first + length, shape, 0.0, 0.0)
                column = window.column(STEPS)[at]
                if (column != 0).sum() >= max(1, length / 3):
                    top = column @ inverse @ rests[at]
                    best = max(best, abs(top) / np.sqrt(column @ inverse @ column))
    found = Scan(noise, observed).best(rests, threshold=lambda steps: 0.0 * steps, least=0.0)
    assert found is not None and found.score == pytest.approx(best)
    same = Scan(noise, observed).score_of(rests, found)
    assert (same.score, same.height) == pytest.approx((found.score, found.height))


@pytest.mark.parametrize(("wander", "keeps"), [(0.0, 0.0), (1.0, 0.8)])
def test_noise_that_is_known_has_no_window_as_often_as_stated(wander: float, keeps: float) -> None:
    noise = Noise(np.ones(300), wander, keeps)
    observed = np.ones(300, bool)
    scan = Scan(noise, observed)
    root = np.linalg.cholesky(covariance(noise, observed))
    draw = np.random.default_rng(1)
    found = [
        scan.best(root @ draw.normal(size=300), threshold=threshold_of(300, 0.05), least=0.0)
        for _ in range(60)
    ]
    assert sum(each is not None for each in found) <= 5


def test_independent_noise_taken_for_granted_cries_where_noise_wanders() -> None:
    """The broken variant of the same scan: what wanders is taken for jumps."""
    observed = np.ones(300, bool)
    root = np.linalg.cholesky(covariance(Noise(np.ones(300), 1.0, 0.8), observed))
    scan = Scan(Noise(np.ones(300), 0.0, 0.0), observed)
    draw = np.random.default_rng(1)
    cries = [
        scan.best(root @ draw.normal(size=300), threshold=threshold_of(300, 0.05), least=0.0)
        for _ in range(20)
    ]
    assert sum(each is not None for each in cries) >= 10


def test_windows_are_found_one_after_the_other() -> None:
    noise, observed = Noise(np.ones(300), 1.0, 0.6), np.ones(300, bool)
    planted = [Window(40, 60, "level", 6.0, 0), Window(120, 121, "level", -9.0, 0),
               Window(200, 240, "ramp", 8.0, 0)]  # fmt: skip
    root = np.linalg.cholesky(covariance(noise, observed))
    rests = root @ np.random.default_rng(3).normal(size=300)
    rests += sum(each.height * each.column(300) for each in planted)
    found = Scan(noise, observed).search(rests, threshold=threshold_of(300, 0.05), least=2.5)
    told = sorted((each.first, each.end, each.shape) for each in found)
    assert len(told) == 3
    for (first, end, shape), right in zip(told, planted, strict=True):
        assert abs(first - right.first) <= 8 * (shape == "ramp") + 2
        assert (abs(end - right.end) <= 2, shape) == (True, right.shape)
