"""TIES, DARE and SVD against PEFT's own merge of the same adapters."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import peft
import pytest
import torch
from peft.utils import merge_utils

from workbench.finetuning.continual.dare import merge_dare
from workbench.finetuning.continual.svd_merge import factor, merge_svd
from workbench.finetuning.continual.ties import _trim, merge_ties

RANK, DENSITY = 4, 0.3


@pytest.fixture(scope="module")
def adapted() -> Any:
    """A map with three random adapters of PEFT's."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(24, 16))
    config = peft.LoraConfig(r=RANK, lora_alpha=8, target_modules=["0"])
    module = peft.get_peft_model(net, config, adapter_name="one")
    module.add_adapter("two", config)
    module.add_adapter("three", config)
    for name, each in module.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(each)
    return module


def _layer(module: Any) -> Any:
    return module.base_model.model[0]


def _changes(module: Any) -> list[torch.Tensor]:
    layer = _layer(module)
    return [layer.get_delta_weight(name).detach() for name in ("one", "two", "three")]


def _merged_by_peft(module: Any, kind: str, **options: Any) -> torch.Tensor:
    module = copy.deepcopy(module)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module.add_weighted_adapter(
            ["one", "two", "three"],
            [1.0, 1.0, 1.0],
            "merged",
            combination_type=kind,
            svd_rank=RANK,
            **options,
        )
    found: torch.Tensor = _layer(module).get_delta_weight("merged").detach()
    return found


def _of_rank(change: torch.Tensor) -> torch.Tensor:
    left, right = factor(change, RANK)
    return left @ right


def test_ties_is_that_of_peft(adapted: Any) -> None:
    ours = _of_rank(merge_ties(_changes(adapted), density=DENSITY))
    assert torch.allclose(ours, _merged_by_peft(adapted, "ties_svd", density=DENSITY), atol=1e-4)


def _without_election(changes: list[torch.Tensor]) -> torch.Tensor:
    """Broken: averages over all that were kept, whatever their signs."""
    stacked = torch.stack([_trim(each, DENSITY) for each in changes])
    return stacked.sum(dim=0) / (stacked != 0).sum(dim=0).clamp(min=1)


def _without_trimming(changes: list[torch.Tensor]) -> torch.Tensor:
    """Broken: small changes have their say in the election."""
    return merge_ties(changes, density=1.0)


@pytest.mark.parametrize("broken", [_without_election, _without_trimming])
def test_ties_without_one_of_its_steps_is_caught(
    adapted: Any, broken: Callable[[list[torch.Tensor]], torch.Tensor]
) -> None:
    theirs = _merged_by_peft(adapted, "ties_svd", density=DENSITY)
    assert not torch.allclose(_of_rank(broken(_changes(adapted))), theirs, atol=0.1)


def test_dare_is_that_of_peft(adapted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """PEFT's new adapter draws its first weights before the merge, so the seed is set between."""

    def seeded(*args: Any, **options: Any) -> torch.Tensor:
        torch.manual_seed(5)
        return merge_utils.dare_linear(*args, **options)

    monkeypatch.setattr("peft.tuners.lora.model.dare_linear", seeded)
    theirs = _merged_by_peft(adapted, "dare_linear_svd", density=DENSITY)
    torch.manual_seed(5)
    ours = _of_rank(merge_dare(_changes(adapted), density=DENSITY))
    assert torch.allclose(ours, theirs, atol=1e-3)


def test_dare_keeps_the_mean_which_dropping_alone_does_not() -> None:
    changes = [torch.ones(200, 200), torch.ones(200, 200)]
    random = torch.Generator().manual_seed(1)
    kept = merge_dare(changes, density=0.1, generator=random)
    assert float(kept.mean()) == pytest.approx(2.0, abs=0.1)
    torch.manual_seed(1)
    dropped = sum(merge_utils.random_pruning(each, 0.1, rescale=False) for each in changes)
    assert float(dropped.mean()) == pytest.approx(0.2, abs=0.05)


def test_svd_is_that_of_peft_and_the_best_of_its_rank(adapted: Any) -> None:
    changes = _changes(adapted)
    ours = merge_svd(changes, rank=RANK)
    assert torch.allclose(ours, _merged_by_peft(adapted, "svd"), atol=1e-4)
    values = torch.linalg.svdvals(sum(changes))
    lost = torch.linalg.norm(sum(changes) - ours) ** 2
    assert float(lost) == pytest.approx(float(values[RANK:].square().sum()), rel=1e-3)
