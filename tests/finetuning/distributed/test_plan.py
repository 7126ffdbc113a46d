"""What a plan says, and what is refused before anything is started."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from workbench.core import settings
from workbench.core.errors import CapabilityError, InputError
from workbench.finetuning.distributed.plan import Plan, check_plan
from workbench.finetuning.training.recipe import Recipe

CONFIG: dict[str, Any] = {
    "model_type": "llama",
    "num_hidden_layers": 30,
    "intermediate_size": 1536,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
}


@pytest.mark.parametrize(
    ("plan", "data", "tensor"),
    [
        (Plan(4), 4, 1),
        (Plan(4, "tp"), 1, 4),
        (Plan(4, "pp"), 1, 1),
        (Plan(4, "ddp", 2), 2, 2),
        (Plan(8, "fsdp", 2), 4, 2),
    ],
)
def test_rows_and_matrices_are_shared_by_the_plan(plan: Plan, data: int, tensor: int) -> None:
    assert (plan.data_processes, plan.tensor_processes) == (data, tensor)
    check_plan(plan, Recipe(), CONFIG)


@pytest.mark.parametrize(
    "said",
    [
        {"strategy": "zero"},
        {"processes": 0},
        {"processes": 65},
        {"processes": 4, "tensor": 3},
        {"processes": 4, "tensor": 2, "strategy": "pp"},
    ],
)
def test_a_plan_that_cannot_be_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(InputError) as found:
        Plan(**said)
    assert found.value.hint


@pytest.mark.parametrize(
    ("plan", "recipe", "config", "word"),
    [
        (Plan(5, "tp"), {}, {}, "1536"),
        (Plan(31, "pp"), {}, {}, "30 layers"),
        (Plan(2, "pp"), {"layers": 4}, {}, "last 4"),
        (Plan(2, "pp"), {}, {"model_type": "gemma2"}, "gemma2"),
        (Plan(4, "ddp", 2), {}, {"model_type": ""}, "nameless"),
        (Plan(2), {"method": "dora"}, {}, "DoRA"),
    ],
)
def test_a_model_that_cannot_be_shared_so_is_refused(
    plan: Plan, recipe: dict[str, Any], config: dict[str, Any], word: str
) -> None:
    with pytest.raises(CapabilityError, match=word) as found:
        check_plan(plan, dataclasses.replace(Recipe(), **recipe), CONFIG | config)
    assert found.value.hint


def test_threads_are_shared_and_never_none() -> None:
    with settings.override(threads=2):
        assert [Plan(n).count_threads() for n in (1, 2, 4)] == [2, 1, 1]
    assert Plan(2, threads=3).count_threads() == 3
