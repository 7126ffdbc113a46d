"""A move is judged within tasks: its interval covers the planted truth, a plain one does not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.monitoring.business.made_log import USD_PER_TOKEN, MadeUsage, made_usage
from workbench.monitoring.business.use import Use, read_use
from workbench.monitoring.business.what_if import Move, move_traffic

SINCE, UNTIL = dt.date(2026, 8, 1), dt.date(2026, 11, 1)


def true_change(made: MadeUsage, move: Move) -> float:
    answers = sum(task.answers for task in move.tasks)
    better = {name: made.success[name] for name in (move.target, move.source)}
    return sum(
        each.answers / answers * (better[move.target][each.task] - better[move.source][each.task])
        for each in move.tasks
    )


def test_the_interval_covers_the_truth_as_often_as_it_says_and_the_plain_change_is_far() -> None:
    covered, plain_errors = 0, []
    for seed in range(20):
        made = made_usage(requests_per_day=150, seed=seed)
        use = read_use(made.table, since=SINCE, until=UNTIL)
        move = move_traffic(use, source="large", target="small")
        truth = true_change(made, move)
        covered += move.success_change.low <= truth <= move.success_change.high
        assert move.plain_change is not None
        plain_errors.append(move.plain_change - truth)
    assert covered >= 15  # 18 are awaited; fewer than 15 come once in 90 times
    assert min(plain_errors) > 0.04, "without regard to tasks the change looks far too small"


def test_the_cost_is_that_of_the_same_tasks_at_the_other_price(made_use: Use) -> None:
    move = move_traffic(made_use, source="large", target="small", share_moved=1.0)
    cells = made_use.only(model="large").cells
    months = made_use.days / (365.25 / 12)
    prompt_usd, answer_usd = USD_PER_TOKEN["small"]
    would = (cells["prompt_tokens"] * prompt_usd + cells["completion_tokens"] * answer_usd).sum()
    assert move.source_cost_usd.value * months == pytest.approx(cells["cost_usd"].sum())
    assert move.target_cost_usd.value * months == pytest.approx(would, rel=0.03)
    assert move.target_cost_usd.low < move.target_cost_usd.value < move.target_cost_usd.high
    saving = move.source_cost_usd.value - move.target_cost_usd.value
    assert move.saving_usd.value == pytest.approx(saving)


def test_a_share_moves_that_share(made_use: Use) -> None:
    whole, part = (
        move_traffic(made_use, source="large", target="small", share_moved=share)
        for share in (1.0, 0.25)
    )
    assert part.saving_usd.value == pytest.approx(whole.saving_usd.value / 4)
    assert part.answers_per_month == pytest.approx(whole.answers_per_month / 4)
    assert part.success_change == whole.success_change
    one = move_traffic(made_use, source="large", target="small", tasks=["extraction"])
    assert [task.task for task in one.tasks] == ["extraction"]
    assert one.success_change.low < 0 < one.success_change.high  # the truth is no change


def test_a_task_that_the_other_never_had_widens_and_is_told(use_of: Callable[..., Use]) -> None:
    rows = [{"model_served": "large", "task": "code", "feedback_score": 1.0} for _ in range(50)]
    rows += [{"model_served": "small", "task": "chat", "feedback_score": 1.0} for _ in range(50)]
    move = move_traffic(use_of(rows), source="large", target="small")
    assert move.success_change.high - move.success_change.low > 0.8
    assert move.tasks[0].cost_basis == "price a token"
    assert any("no answer of small was rated in code" in note for note in move.notes)
    assert any("price a token is used" in note for note in move.notes)


def test_what_cannot_be_moved(use_of: Callable[..., Use]) -> None:
    use = use_of([{"model_served": "large"}, {}, {"model_served": "broken", "status": 500}])
    with pytest.raises(NotFoundError, match="did you mean 'large'"):
        move_traffic(use, source="larg", target="small")
    with pytest.raises(NotFoundError, match="task"):
        move_traffic(use, source="large", target="small", tasks=["code"])
    with pytest.raises(DataError, match="'broken' answered nothing"):
        move_traffic(use, source="large", target="broken")
    with pytest.raises(InputError, match="both models"):
        move_traffic(use, source="small", target="small")
    with pytest.raises(InputError, match="share"):
        move_traffic(use, source="large", target="small", share_moved=1.5)
