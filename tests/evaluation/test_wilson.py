"""Wilson's interval is that of statsmodels, and keeps within 0 to 1."""

from __future__ import annotations

import pytest
from statsmodels.stats.proportion import proportion_confint

from workbench.evaluation.wilson import wilson_interval


@pytest.mark.parametrize(
    ("hits", "count"), [(0, 5), (5, 5), (6, 6), (1, 40), (37, 90), (900, 1000)]
)
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_it_is_that_of_statsmodels(hits: int, count: int, confidence: float) -> None:
    found = wilson_interval(hits / count, count, confidence=confidence)
    theirs = proportion_confint(hits, count, alpha=1 - confidence, method="wilson")
    assert found == pytest.approx(theirs, abs=1e-12)
    assert 0 <= found[0] <= hits / count <= found[1] <= 1
