"""Anchors hold a model to its base while it learns; drawn alike after a kill."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
import torch

from workbench.finetuning.training.adapting import Learner, adapt
from workbench.finetuning.training.anchoring import (
    Anchors,
    ask_base,
    divergence,
    encode_anchors,
)
from workbench.finetuning.training.batches import Batches, collate
from workbench.finetuning.training.encoding import encode_all
from workbench.finetuning.training.loop import train
from workbench.finetuning.training.objective import compute, judging
from workbench.finetuning.training.recipe import Recipe

from .made import made_examples

RECIPE = Recipe(
    rank=8, learning_rate=1e-2, batch=6, steps=20, precision="fp32", anchors=4, pack_tokens=0
)
Load = Callable[..., Learner]


def _divergence(module: Any, anchors: Anchors) -> float:
    """Of all dialogues from the base, in nats a token."""
    batch = collate([each.example for each in anchors.anchors])
    with judging(module):
        said = compute(module, batch).logits.log_softmax(dim=1)
    wanted = torch.cat([each.log_probs for each in anchors.anchors])
    said = said.gather(1, torch.cat([each.tokens for each in anchors.anchors]))
    return float(divergence(wanted, said).mean())


def _learn(tiny: Load, recipe: Recipe, *, anchored: bool) -> tuple[float, float]:
    learner = tiny()
    module = adapt(learner.module, recipe)
    anchors = Anchors(ask_base(module, encode_anchors(learner.encoder, max_tokens=512)), recipe)
    encoded = encode_all(learner.encoder, made_examples(), max_tokens=512)
    source = Batches([(each,) for each in encoded], batch=recipe.batch)
    done = train(
        module, source, recipe, steps=recipe.steps or 1, extra_loss=anchors if anchored else None
    )
    return _divergence(module, anchors), done.steps[-1].loss_nats


def test_an_untaught_module_is_its_base(tiny: Load) -> None:
    learner = tiny()
    module = adapt(learner.module, RECIPE)
    anchors = Anchors(ask_base(module, encode_anchors(learner.encoder, max_tokens=512)), RECIPE)
    assert len(anchors.anchors) >= 40
    assert _divergence(module, anchors) == pytest.approx(0.0, abs=1e-5)
    batch = collate(encode_all(learner.encoder, made_examples()[:2], max_tokens=512))
    with judging(module):
        assert float(anchors(module, batch, compute(module, batch))) == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("pack_tokens", [0, 64, 110, 160, 512])
def test_packed_dialogues_are_held_to_their_own_answers(tiny: Load, pack_tokens: int) -> None:
    """With room for some of eight in a bin, a short one comes before longer ones of its draw."""
    recipe = dataclasses.replace(RECIPE, anchors=8, pack_tokens=pack_tokens)
    learner = tiny()
    module = adapt(learner.module, recipe)
    anchors = Anchors(ask_base(module, encode_anchors(learner.encoder, max_tokens=512)), recipe)
    for start in range(6):
        batch = collate(encode_all(learner.encoder, made_examples()[start:][:2], max_tokens=512))
        with judging(module):
            assert float(anchors(module, batch, compute(module, batch))) == pytest.approx(
                0.0, abs=1e-5
            )


def test_the_rest_counts_so_that_no_move_is_below_nothing() -> None:
    wanted = torch.tensor([[0.5, 0.3]]).log()
    moved = torch.tensor([[0.6, 0.4]]).log()  # all that the rest had went to the kept ones
    kept_alone = float((wanted.exp() * (wanted - moved)).sum())
    assert kept_alone < -0.1
    assert float(divergence(wanted, moved)[0]) > 1.0
    assert float(divergence(wanted, wanted)[0]) == pytest.approx(0.0, abs=1e-6)
    exact = torch.nn.functional.kl_div(
        torch.tensor([0.4, 0.4, 0.2]).log(), torch.tensor([0.5, 0.3, 0.2]), reduction="sum"
    )
    found = divergence(wanted, torch.tensor([[0.4, 0.4]]).log())
    assert float(found[0]) == pytest.approx(float(exact), abs=1e-6)


def test_with_anchors_a_model_leaves_its_base_far_less(tiny: Load) -> None:
    held, learnt = _learn(tiny, RECIPE, anchored=True)
    loose, learnt_loose = _learn(tiny, RECIPE, anchored=False)
    assert loose > 2 * held
    assert learnt < 2 * learnt_loose + 1.0
    # What the check above would see of anchors that weigh nothing.
    unweighed, _ = _learn(tiny, dataclasses.replace(RECIPE, anchor_weight=0.0), anchored=True)
    assert not unweighed < loose / 2


def test_the_same_batch_draws_the_same_dialogues(tiny: Load) -> None:
    learner = tiny()
    module = adapt(learner.module, RECIPE)
    anchors = Anchors(ask_base(module, encode_anchors(learner.encoder, max_tokens=512)), RECIPE)
    first, second = (
        collate(encode_all(learner.encoder, some, max_tokens=512))
        for some in (made_examples()[:2], made_examples()[2:4])
    )
    drawn = [[anchors.anchors.index(each) for each in anchors.draw(b)] for b in (first, first)]
    other = [anchors.anchors.index(each) for each in anchors.draw(second)]
    assert drawn[0] == drawn[1] != other
    assert len(set(drawn[0])) == RECIPE.anchors
