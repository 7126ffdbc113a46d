"""Which move is put forward: never one that loses answers where another saves nearly as much."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.monitoring.business.advice import advise
from workbench.monitoring.business.month_figures import month_figures
from workbench.monitoring.business.month_pages import month_document
from workbench.monitoring.business.moves import answering_models, consider_moves
from workbench.monitoring.business.use import Use

PRICES = {"large": 0.05, "even": 0.005, "worse": 0.004, "vectors": 0.0001}


def rows_of(liked: dict[str, float], *, rated: int = 400) -> list[dict[str, Any]]:
    """So many rated answers a model, of which a share is liked; ``vectors`` writes no token."""
    return [
        {
            "model_served": model, "cost_usd": PRICES[model], "user": f"user-{number % 7}",
            "completion_tokens": 0 if model == "vectors" else 50,
            "feedback_score": 1.0 if number < share * rated else -1.0,
        }
        for model, share in liked.items()
        for number in range(rated)
    ]  # fmt: skip


def first_page(figures: Any) -> str:
    return json.dumps(month_document(figures)["summary"])


def test_the_move_that_keeps_quality_is_put_forward_by_advice_and_report_alike(
    use_of: Callable[..., Use], log_of: Callable[..., Any]
) -> None:
    """``worse`` saves 2% more and loses 10 points; ``vectors`` saves the most and cannot answer."""
    rows = rows_of({"large": 0.9, "even": 0.9, "worse": 0.8, "vectors": 0.9}, rated=2000)
    advised = advise(use_of(rows), log_of(rows))
    (advice,) = [each for each in advised.advice if each.subject.startswith("40%")]
    assert advice.subject == "40% of large to even"
    assert "+0.0 points" in advice.evidence
    figures = month_figures("2026-10", log_of(rows))
    assert figures.advised is not None
    assert [each.subject for each in figures.advised.advice] == [
        each.subject for each in advised.advice
    ]
    page = first_page(figures)
    assert "40% of large on even" in page
    assert "worse" not in page.split("bullets")[1].split("chart")[0]
    assert not [each for each in advised.advice if "vectors" in each.subject]


def test_where_every_move_loses_answers_none_is_advised_and_it_is_said_why(
    use_of: Callable[..., Use], log_of: Callable[..., Any]
) -> None:
    rows = rows_of({"large": 0.9, "worse": 0.7})
    advised = advise(use_of(rows), log_of(rows))
    assert advised.advice == ()
    assert advised.considered is not None and not advised.considered.is_advised
    assert [each for each in advised.notes if "-20.0 points" in each]
    figures = month_figures("2026-10", log_of(rows))
    assert figures.advised is not None
    (why,) = [each for each in figures.advised.notes if "-20.0 points" in each]
    page = first_page(figures)
    assert f"No move of traffic is advised: {why}." in page
    assert "would save" not in page.replace(why, "")


def test_a_saving_that_is_much_larger_goes_before_a_share_that_is_a_little_surer(
    use_of: Callable[..., Use],
) -> None:
    rows = rows_of({"large": 0.9, "worse": 0.95}, rated=600)
    even = rows_of({"even": 0.97}, rated=600)
    dear = [row | {"cost_usd": 0.045} for row in even]
    found = consider_moves(use_of([*rows, *dear]), margin=0.03)
    assert (found.move.target, found.is_advised) == ("worse", True)


@pytest.mark.parametrize("model", ["minilm-l6-v2", "vectors"])
def test_an_embedding_model_is_no_answerer(use_of: Callable[..., Use], model: str) -> None:
    """By the catalogue, whatever its calls look like; or by its calls, where that has none."""
    tokens = 50 if model == "minilm-l6-v2" else 0
    rows = rows_of({"large": 0.9}, rated=5)
    rows += [row | {"model_served": model, "completion_tokens": tokens} for row in rows]
    assert answering_models(use_of(rows)) == ("large",)
