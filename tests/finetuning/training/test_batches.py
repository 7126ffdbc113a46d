"""Batches: packed examples do not see each other, and every example comes once an epoch."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
import torch

from workbench.finetuning.training import batches as batches_module
from workbench.finetuning.training.adapting import Learner, adapt
from workbench.finetuning.training.batches import Batches, batches_in_order, collate
from workbench.finetuning.training.encoding import Encoded, encode_all
from workbench.finetuning.training.objective import AnswerLoss
from workbench.finetuning.training.recipe import Recipe

from .made import made_examples


def _loss_and_gradient(learner: Learner, examples: tuple[Encoded, ...], **way: int) -> torch.Tensor:
    module = adapt(learner.module, Recipe(rank=4, seed=1)) if not _is_adapted(learner) else None
    learner.module = module if module is not None else learner.module
    for name, weights in learner.module.named_parameters():
        weights.grad = None
        if "lora_B" in name:  # zero at the start, and then no gradient reaches the other half
            torch.nn.init.normal_(weights, std=0.1, generator=torch.Generator().manual_seed(3))
    loss, _ = AnswerLoss()(learner.module, collate(examples, **way))
    loss.backward()
    parts = [loss.detach()[None]]
    parts += [each.grad.flatten() for each in learner.module.parameters() if each.requires_grad]
    return torch.cat(parts)


def _is_adapted(learner: Learner) -> bool:
    return any("lora_" in name for name, _ in learner.module.named_parameters())


@pytest.mark.parametrize("pack_tokens", [0, 60, 120, 4096])
def test_packing_changes_neither_loss_nor_gradient(
    tiny: Callable[..., Learner], pack_tokens: int
) -> None:
    learner = tiny()
    examples = encode_all(learner.encoder, made_examples(7), max_tokens=256)
    examples = (dataclasses.replace(examples[0], weight=2.5), *examples[1:])
    one_by_one = sum(_loss_and_gradient(learner, (each,)) for each in examples)
    together = _loss_and_gradient(learner, examples, pack_tokens=pack_tokens)
    torch.testing.assert_close(together, one_by_one, rtol=1e-4, atol=1e-4)


def test_what_examples_share_is_computed_once(tiny: Callable[..., Learner]) -> None:
    examples = encode_all(tiny().encoder, made_examples(7), max_tokens=256)
    packed = collate(examples, pack_tokens=4096)
    assert packed.input_ids.shape[0] == 1
    assert packed.computed_tokens < packed.tokens < collate(examples).computed_tokens


@pytest.mark.parametrize("broken", ["sees its neighbours", "counts positions on"])
def test_a_broken_packing_is_noticed(
    tiny: Callable[..., Learner], monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    learner = tiny()
    examples = encode_all(learner.encoder, made_examples(5), max_tokens=256)
    right = _loss_and_gradient(learner, examples)
    if broken == "sees its neighbours":
        monkeypatch.setattr(
            batches_module,
            "_mask_packed",
            lambda bins, length: torch.ones(len(bins), 1, length, length).tril().bool(),
        )
    packed = collate(examples, pack_tokens=4096)
    if broken == "counts positions on":
        packed = dataclasses.replace(
            packed, position_ids=torch.arange(packed.input_ids.shape[1])[None]
        )
    loss, _ = AnswerLoss()(learner.module, packed)
    assert abs(float(loss.detach() - right[0])) > 1e-2


def test_two_answers_to_one_question_share_all_of_it(tiny: Callable[..., Learner]) -> None:
    learner = tiny()
    ids = encode_all(learner.encoder, made_examples(1), max_tokens=256)[0]
    other = dataclasses.replace(ids, ids=(*ids.ids[: ids.start], 9, 10))
    loss = _loss_and_gradient(learner, (ids, other), pack_tokens=4096)
    alone = _loss_and_gradient(learner, (ids,)) + _loss_and_gradient(learner, (other,))
    torch.testing.assert_close(loss, alone, rtol=1e-4, atol=1e-4)


def test_every_example_comes_once_an_epoch_and_never_twice_in_a_batch() -> None:
    units = [(Encoded((1, 2, number), 2, str(number)),) for number in range(10)]
    source = Batches(units, batch=4, seed=5)
    drawn = [[unit[0].identity for unit in source.draw()] for _ in range(25)]
    assert all(len(set(batch)) == 4 for batch in drawn)
    flat = [name for batch in drawn for name in batch]
    assert all(flat.count(str(number)) == 10 for number in range(10))
    assert flat[:10] != flat[10:20]


def test_the_order_goes_on_from_a_saved_place() -> None:
    units = [(Encoded((1, 2, number), 2, str(number)),) for number in range(10)]
    source = Batches(units, batch=4, seed=5)
    for _ in range(6):
        source.draw()
    state, expected = source.state_dict(), [source.draw() for _ in range(9)]
    again = Batches(units, batch=4, seed=5)
    again.load_state_dict(state)
    assert [again.draw() for _ in range(9)] == expected


def test_an_evaluation_reads_each_example_once_in_order() -> None:
    examples = [Encoded((1, 2, number), 2, str(number)) for number in range(5)]
    read = [e.identity for batch in batches_in_order(examples, batch=2) for e in batch.examples]
    assert read == ["0", "1", "2", "3", "4"]
