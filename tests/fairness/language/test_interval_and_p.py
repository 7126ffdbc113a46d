"""The two examples of docs/how-to/probe.md: an interval and a test that disagree, both ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from workbench.evaluation.bootstrap import bootstrap_interval
from workbench.evaluation.permutation import sign_flip_test

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "probe.md"
ROWS = 2


def test_the_pages_examples_are_what_is_calculated() -> None:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| -0.8 ")]
    lines += [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| 0.8 ")]
    assert len(lines) == ROWS
    excludes, significant = [], []
    for line in lines:
        _, values, mean, interval, p, _ = (part.strip() for part in line.split("|"))
        numbers = np.array(values.split(), dtype=float)
        found = bootstrap_interval(np.mean, numbers)
        tested = sign_flip_test(numbers)
        assert f"{found.estimate:.2f}" == mean
        assert f"{found.low:.2f} to {found.high:.2f}" == interval
        assert f"{tested:.3f}".removeprefix("0") == p
        excludes.append(not found.low <= 0 <= found.high)
        significant.append(tested <= 0.05)
    assert excludes == [True, False] and significant == [False, True]
