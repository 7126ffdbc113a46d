"""Costs by team, model and task add up; a successful answer's is told with what is not known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pytest

from workbench.core.errors import InputError
from workbench.monitoring.business.costs import By, costs_by, top, total_line
from workbench.monitoring.business.use import Use


@pytest.mark.parametrize("by", get_args(By))
def test_lines_add_up_to_the_whole(made_use: Use, by: Any) -> None:
    lines = costs_by(made_use, by)
    whole = total_line(made_use)
    assert sum(line.cost_usd for line in lines) == pytest.approx(whole.cost_usd)
    assert sum(line.answers for line in lines) == whole.answers
    assert sum(line.cost_share for line in lines) == pytest.approx(1)
    short = top(lines, most=3)
    assert sum(line.cost_usd for line in short) == pytest.approx(whole.cost_usd)
    assert sum(line.rated for line in short) == whole.rated
    assert len(short) <= 3


def test_a_failed_call_is_paid_by_the_answers(use_of: Callable[..., Use]) -> None:
    scores = [1.0, 1.0, 1.0, -1.0]
    rows: list[dict[str, Any]] = [{"feedback_score": score} for score in scores]
    (line,) = costs_by(use_of([*rows, {"status": 500, "cost_usd": 0.06}]), "team")
    assert (line.requests, line.answers) == (5, 4)
    assert line.answer_cost_usd == pytest.approx(0.10 / 4)
    assert line.success is not None
    assert line.success.value == 0.75
    assert line.success_cost_usd is not None
    assert line.success_cost_usd.value == pytest.approx(0.10 / 3)
    assert line.success_cost_usd.low == pytest.approx(0.025 / line.success.high)
    assert line.success_cost_usd.high == pytest.approx(0.025 / line.success.low)


def test_what_is_not_known_is_none_and_not_nothing(use_of: Callable[..., Use]) -> None:
    (line,) = costs_by(use_of([{}, {}]), "model")
    assert (line.success, line.success_cost_usd) == (None, None)
    (failed,) = costs_by(use_of([{"status": 500}]), "model")
    assert failed.answer_cost_usd is None
    (bad,) = costs_by(use_of([{"feedback_score": -1.0}]), "model")
    assert bad.success_cost_usd is None
    with pytest.raises(InputError):
        costs_by(use_of([{}]), "colour")  # type: ignore[arg-type]
