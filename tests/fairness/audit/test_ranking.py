"""Rankings: what groups get of a page, checked by hand and against loops."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.fairness.audit.group_audit import audit_groups
from workbench.fairness.audit.precision import Precision
from workbench.fairness.audit.ranking import ranking_metrics


def values(
    relevance: Any, score: Any, queries: Any, rows: Any, *, top: int = 2
) -> dict[str, float]:
    make = ranking_metrics(*(np.array(a) for a in (relevance, score, queries)), top=top)
    found = make(np.array(rows))
    ones = np.ones((1, len(rows)))
    return {metric.name: float(metric.evaluate(ones)[0]) for metric in found}


def test_a_page_by_hand() -> None:
    # Places: row 1 first, row 0 second, rows 2 and 3 share the third and the fourth.
    found = values([1, 0, 1, 0], [0.8, 0.9, 0.1, 0.1], [0, 0, 0, 0], [0, 2])
    second, shared = 1 / math.log2(3), (1 / math.log2(4) + 1 / math.log2(5)) / 2
    assert found["exposure"] == pytest.approx((second + shared) / 2)
    assert found["top_rate"] == 0.5
    assert found["exposure_per_relevance"] == pytest.approx((second + shared) / 2)
    # Row 0 stands above row 3 and below row 1; row 2 is equal to row 3 and below row 1.
    assert found["pairwise_accuracy"] == pytest.approx((1 + 0.5) / 4)


def test_ties_at_the_cut_share_the_last_places() -> None:
    assert values([0, 0, 0], [1, 1, 1], [0, 0, 0], [0])["top_rate"] == pytest.approx(2 / 3)


def made(seed: int = 0) -> dict[str, Any]:
    generator = np.random.default_rng(seed)
    n = 1200
    group = np.where(generator.random(n) < 0.4, "a", "b")
    relevance = generator.integers(0, 3, n)
    score = relevance + generator.normal(size=n) - 0.8 * (group == "a")
    return {"y": relevance, "y_hat": score, "query": generator.integers(0, 60, n), "group": group}


def audit(rows: dict[str, Any], **more: Any) -> Any:
    return audit_groups(
        rows["y"],
        rows["y_hat"],
        sensitive={"g": rows["group"]},
        query=rows["query"],
        task="ranking",
        top=5,
        precision=Precision(row_draws=300),
        **more,
    )


def test_a_ranking_against_loops() -> None:
    rows = made()
    ours = audit(rows)
    for name in ("a", "b"):
        exposure, at_top, won, pairs = [], 0, 0.0, 0
        for i in np.flatnonzero(rows["group"] == name):
            others = np.flatnonzero(rows["query"] == rows["query"][i])
            place = 1 + sum(rows["y_hat"][j] > rows["y_hat"][i] for j in others)
            exposure.append(1 / math.log2(1 + place))
            at_top += place <= 5
            less = [j for j in others if rows["y"][j] < rows["y"][i]]
            won += sum(rows["y_hat"][j] < rows["y_hat"][i] for j in less)
            pairs += len(less)
        said = {f.metric: f.value for f in ours.groups if f.group == f"g={name}"}
        assert said["exposure"] == pytest.approx(np.mean(exposure), abs=1e-12)
        assert said["top_rate"] == pytest.approx(at_top / len(exposure), abs=1e-12)
        assert said["pairwise_accuracy"] == pytest.approx(won / pairs, abs=1e-12)
        relevance = rows["y"][rows["group"] == name].sum()
        assert said["exposure_per_relevance"] == pytest.approx(sum(exposure) / relevance)


def test_items_that_are_pushed_down_get_less_and_it_is_told() -> None:
    parity = audit(made()).disparity("exposure_difference")
    assert parity.low > 0
    assert parity.between == ("g=b", "g=a")
    assert parity.p_holm is not None
    assert parity.p_holm < 0.05


def test_what_is_no_ranking_is_refused() -> None:
    rows = made()
    with pytest.raises(InputError, match="relevances must be at least 0"):
        audit({**rows, "y": rows["y"] - 1})
    with pytest.raises(InputError, match="query has 3 rows, y has 1200"):
        audit({**rows, "query": [1, 2, 3]})
    alone = audit({**rows, "query": None})
    assert alone.n == 1200
