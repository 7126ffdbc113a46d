"""Adjusted p-values against scipy, a worked example and their levels in simulations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from workbench.core.errors import InputError
from workbench.evaluation.multiple_testing import adjust_p_values


def test_benjamini_hochberg_is_scipys() -> None:
    p = np.random.default_rng(0).uniform(size=20) ** 2
    expected = stats.false_discovery_control(p)
    assert adjust_p_values(p, correction="benjamini-hochberg") == pytest.approx(expected)


def test_holm_by_hand() -> None:
    # 4 * .005 = .02; 3 * .01 = .03; 2 * .03 = .06; 1 * .04 is below what came before it.
    assert adjust_p_values([0.03, 0.005, 0.04, 0.01]) == pytest.approx([0.06, 0.02, 0.06, 0.03])
    assert adjust_p_values([0.9, 0.8]) == [1.0, 1.0]
    assert adjust_p_values([]) == []


def test_holm_keeps_the_level_of_a_family_and_no_correction_does_not() -> None:
    families = np.random.default_rng(1).uniform(size=(2000, 9))

    def any_flagged(correction: str) -> float:
        return float(
            np.mean([min(adjust_p_values(p, correction=correction)) <= 0.05 for p in families])
        )

    assert any_flagged("holm") <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2000)
    assert any_flagged("none") > 0.3


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="correction is 'sidak'"):
        adjust_p_values([0.1], correction="sidak")
    for p in (-0.1, 1.1, float("nan")):
        with pytest.raises(InputError, match=r"not in \[0, 1\]"):
            adjust_p_values([p])
