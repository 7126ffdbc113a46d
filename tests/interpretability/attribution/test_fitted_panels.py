"""Panels that are laid where a function bends find cliffs that other rules step over."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.interpretability.attribution import fitted_panels
from workbench.interpretability.attribution.fitted_panels import fitted_quadrature
from workbench.interpretability.attribution.quadrature import RULES, quadrature

PLACE, WIDTH, DEPTH = 0.3141, 0.001, 5.0


def course(points: np.ndarray) -> np.ndarray:
    """A slow wave with a fall of 5 within two thousandths, as where an attention sink goes."""
    return np.sin(6 * points) - DEPTH / 2 * np.tanh((points - PLACE) / WIDTH)


def error(nodes: np.ndarray, weights: np.ndarray) -> float:
    """How far the integral of the course's slope is from its change."""
    tanh = np.tanh((nodes - PLACE) / WIDTH)
    slope = 6 * np.cos(6 * nodes) - DEPTH / 2 / WIDTH * (1 - tanh**2)
    return abs(float(weights @ slope) - (course(np.ones(1)) - course(np.zeros(1)))[0])


def test_a_cliff_is_found_that_others_step_over() -> None:
    asked: list[int] = []

    def look(points: np.ndarray) -> np.ndarray:
        asked.append(len(points))
        return np.stack([course(points), points**2], axis=1)  # two outputs, one without a cliff

    nodes, weights = fitted_quadrature(look, 64)
    assert len(nodes) == len(weights) == 64
    assert weights.sum() == pytest.approx(1)
    assert np.all(np.diff(nodes) > 0)
    assert sum(asked) < 3 * 64
    assert error(nodes, weights) < 0.002
    for rule in RULES:
        assert error(*quadrature(rule, 64)) > 0.5


@pytest.mark.parametrize("broken", ["does not look", "looks at equal distances alone"])
def test_a_broken_variant_misses_it(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if broken == "does not look":
        found = fitted_quadrature(lambda points: points[:, None], 64)
    else:
        monkeypatch.setattr(fitted_panels, "_ROUNDS", 0)
        found = fitted_quadrature(lambda points: course(points)[:, None], 64)
    assert error(*found) > 0.02


def test_the_cuts_are_the_best_of_all() -> None:
    import itertools

    errors = np.random.default_rng(0).random((9, 9))
    errors[np.tril_indices(9)] = np.inf
    for count in (1, 2, 4, 8):
        cuts = fitted_panels._best_cuts(errors, count)
        assert len(cuts) == count + 1
        every = itertools.combinations(range(1, 8), count - 1)
        least = min(
            sum(errors[a, b] for a, b in itertools.pairwise([0, *inner, 8])) for inner in every
        )
        assert sum(errors[a, b] for a, b in itertools.pairwise(cuts)) == pytest.approx(least)


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 8, 9, 63, 200])
def test_any_number_of_steps_will_do(steps: int) -> None:
    nodes, weights = fitted_quadrature(lambda points: points[:, None] ** 2, steps)
    assert len(nodes) == len(weights) == steps
    assert weights.sum() == pytest.approx(1)
    assert weights @ nodes == pytest.approx(0.5)


def test_no_steps_are_refused() -> None:
    with pytest.raises(InputError, match="0 steps; the rule fitted"):
        fitted_quadrature(lambda points: points[:, None], 0)
