"""The kernel two-sample test: its statistic by hand, its level, and what it finds."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.evaluation.kernel_two_sample import kernel_two_sample_test, spectrum_kernel


def test_the_discrepancy_is_the_papers() -> None:
    """Equation 5: the mean within each sample, less twice that between them."""
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(9, 3))
    kernel = np.exp(-((rows[:, None] - rows[None]) ** 2).sum(-1))
    first, second = range(4), range(4, 9)

    def mean(one: range, two: range) -> float:
        return float(np.mean([kernel[i, j] for i, j in itertools.product(one, two)]))

    expected = mean(first, first) + mean(second, second) - 2 * mean(first, second)
    assert kernel_two_sample_test(kernel, 4, draws=9).mmd == pytest.approx(expected)
    # With a linear kernel it is the squared distance of the means.
    apart = rows[:4].mean(0) - rows[4:].mean(0)
    assert kernel_two_sample_test(rows @ rows.T, 4, draws=9).mmd == pytest.approx(apart @ apart)


def test_a_small_sample_has_the_p_value_of_all_its_draws() -> None:
    values = np.array([0.0, 1.0, 2.0, 7.0, 9.0])
    kernel = np.outer(values, values)
    found = kernel_two_sample_test(kernel, 2, draws=999)
    observed = (values[:2].mean() - values[2:].mean()) ** 2
    of_all = [
        (values[list(c)].mean() - np.delete(values, list(c)).mean()) ** 2 >= observed - 1e-12
        for c in itertools.combinations(range(5), 2)
    ]
    assert found.p_value == pytest.approx(np.mean(of_all))


def test_its_level_holds_and_one_without_the_draws_would_not() -> None:
    generator = np.random.default_rng(1)
    tests, draws = 300, 99
    found = []
    for seed in range(tests):
        rows = generator.exponential(size=(24, 2))
        found.append(kernel_two_sample_test(rows @ rows.T, 8, draws=draws, seed=seed))
    wrong = np.mean([each.p_value <= 0.05 for each in found])
    assert wrong <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / tests)
    # Named and broken: "any discrepancy above that of half the sample is a difference".
    assert np.mean([each.mmd > 0.05 for each in found]) > 0.2


def test_other_words_are_found_and_the_same_words_are_not() -> None:
    ovens = [f"what does error {n} of the bread oven mean" for n in range(30)]
    others = [f"how do I repot orchid {n} in spring" for n in range(20)]
    assert kernel_two_sample_test(spectrum_kernel([*others, *ovens]), 20).p_value <= 0.001
    assert kernel_two_sample_test(spectrum_kernel([*ovens[::2], *ovens[1::2]]), 15).p_value > 0.01
    alike = spectrum_kernel(["The same", "the SAME", "quite other"])
    assert alike[0, 1] == pytest.approx(1.0) and alike[0, 2] < 0.2


@pytest.mark.parametrize(
    ("kernel", "rows", "words"),
    [
        (np.ones((3, 2)), 1, "square"),
        (np.ones((3, 3)), 3, "at least one"),
        (np.ones((3, 3)), 0, "at least one"),
        (np.full((3, 3), np.nan), 1, "finite"),
    ],
)
def test_bad_input_is_named(kernel: np.ndarray, rows: int, words: str) -> None:
    with pytest.raises(InputError) as caught:
        kernel_two_sample_test(kernel, rows)
    assert words in f"{caught.value.message} {caught.value.hint}"
