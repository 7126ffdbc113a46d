"""How a run goes on when processes are lost, and when none can be spared."""

from __future__ import annotations

import pytest

from workbench.core.errors import InputError
from workbench.finetuning.distributed.plan import Plan
from workbench.finetuning.distributed.recovery import GROW_AFTER, Recovery
from workbench.finetuning.training.recipe import Recipe


def _recovery(*, fits: tuple[int, ...] = (1, 2, 3, 4), **options: object) -> Recovery:
    plan = Plan(**{"processes": 4, "restarts": 1, **options})  # type: ignore[arg-type]
    return Recovery(plan, lambda found: found.processes in fits)


def _count(plan: Plan | None) -> int | None:
    return None if plan is None else plan.processes


def test_restarts_are_counted_anew_from_each_checkpoint() -> None:
    recovery = _recovery()
    for _ in range(5):
        assert _count(recovery.lose()) == 4
        recovery.note_checkpoint()
    assert _count(recovery.lose()) == 4
    assert recovery.lose() is None  # twice without one


def test_without_restarts_the_first_loss_ends_the_run() -> None:
    assert _recovery(restarts=0).lose() is None


def test_a_run_goes_on_with_those_that_are_left_down_to_the_least() -> None:
    recovery = _recovery(least=2)
    assert [_count(recovery.lose()) for _ in range(6)] == [4, 3, 3, 2, 2, None]


def test_only_plans_that_the_model_fits_are_tried() -> None:
    assert _count(_recovery(least=1, restarts=0, fits=(2,)).lose()) == 2
    assert _count(_recovery(least=1, restarts=0, tensor=2).lose()) == 2
    assert _count(_recovery(processes=2, least=1, restarts=0, strategy="pp").lose()) is None


def test_all_are_tried_again_after_some_checkpoints_and_then_later() -> None:
    recovery = _recovery(least=1, restarts=0)
    assert _count(recovery.lose()) == 3
    for _ in range(GROW_AFTER):
        assert not recovery.wants_all
        recovery.note_checkpoint()
    assert recovery.wants_all and _count(recovery.grow()) == 4
    assert not recovery.wants_all
    assert _count(recovery.lose()) == 3  # it is still gone
    for _ in range(2 * GROW_AFTER):
        assert not recovery.wants_all
        recovery.note_checkpoint()
    assert recovery.wants_all and _count(recovery.grow()) == 4
    recovery.note_checkpoint()
    assert not recovery.wants_all  # it is back
    assert _count(recovery.lose()) == 3


def test_what_cannot_be_is_refused() -> None:
    for wrong in ({"least": 5}, {"least": 0}, {"save_every": 0}, {"silent_s": 1.0}):
        with pytest.raises(InputError) as found:
            Plan(processes=4, **wrong)  # type: ignore[arg-type]
        assert found.value.hint


def test_a_plan_says_how_often_is_saved() -> None:
    recipe = Recipe()
    assert Plan().keep(recipe) == recipe
    kept = Plan(save_every=7).keep(recipe)
    assert (kept.checkpoint_every_steps, kept.checkpoint_every_s) == (7, 0)
