"""Preferences: the loss by its closed form, and held-out pairs that turn the right way."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import pytest
import torch

from workbench.core.errors import CapabilityError, InputError
from workbench.finetuning.examples import Preference
from workbench.finetuning.training.adapting import Learner, adapt
from workbench.finetuning.training.batches import Batches, collate
from workbench.finetuning.training.dpo import (
    DpoLoss,
    answer_logprobs,
    encode_pairs,
    measure_margins,
)
from workbench.finetuning.training.loop import train
from workbench.finetuning.training.objective import compute
from workbench.finetuning.training.recipe import Recipe

THINGS = ("fox", "dog", "bird", "machine", "table", "river", "rain", "sky", "roof", "model")
RECIPE = Recipe(
    rank=4,
    learning_rate=5e-3,
    batch=4,
    steps=25,
    epochs=None,
    checkpoint_every_s=0,
    pack_tokens=512,
)


def _pairs() -> list[Preference]:
    """The wanted answer ends with a word, the other with another; which is longer changes."""
    return [
        Preference(
            (("user", f"Say something of the {thing}."),),
            chosen=f"The {thing} is {'very ' * (number % 2)}quick.",
            rejected=f"The {thing} is {'very ' * ((number + 1) % 2)}lazy.",
            identity=thing,
        )
        for number, thing in enumerate(THINGS)
    ]


def test_without_a_step_the_loss_is_the_logarithm_of_two(tiny: Callable[..., Learner]) -> None:
    learner = tiny()
    units = encode_pairs(learner.encoder, _pairs(), max_tokens=128)
    module = adapt(learner.module, RECIPE).eval()
    loss = DpoLoss(module, units)
    batch = collate([each for unit in units for each in unit], pack_tokens=512)
    total, _ = loss(module, batch)
    assert float(total.detach()) / loss.weigh(batch) == pytest.approx(math.log(2), abs=1e-4)


def test_reference_and_policy_agree_exactly_before_the_first_step_in_16_bits(
    tiny: Callable[..., Learner],
) -> None:
    """The loop computes under autocast where the base is in 16 bits, so must the reference."""
    learner = tiny(dtype="bfloat16")
    units = encode_pairs(learner.encoder, _pairs(), max_tokens=128)
    module = adapt(learner.module, RECIPE)
    loss = DpoLoss(module, units)
    assert measure_margins(module, units, objective=loss).mean_margin_nats == 0.0
    with torch.no_grad():
        for name, weights in module.named_parameters():
            if "lora_B" in name:
                weights.normal_(std=0.2, generator=torch.Generator().manual_seed(1))
    measured = measure_margins(module, units, objective=loss).mean_margin_nats
    means = []
    for enabled in (True, False):  # as the loop computes it, and the broken way
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled), torch.no_grad():
            batches = [collate(unit) for unit in units]
            found = [loss.margins(answer_logprobs(compute(module, b), b), b) for b in batches]
        means.append(float(sum(each.double().sum() for each in found)) / len(units))
    assert measured == pytest.approx(means[0], abs=1e-9) and measured != means[1]


def test_the_loss_is_that_of_equation_7(tiny: Callable[..., Learner]) -> None:
    learner = tiny()
    units = encode_pairs(learner.encoder, _pairs()[:3], max_tokens=128)
    module = adapt(learner.module, RECIPE).eval()
    with torch.no_grad():
        for name, weights in module.named_parameters():
            if "lora_B" in name:
                weights.normal_(std=0.2, generator=torch.Generator().manual_seed(1))
    loss = DpoLoss(module, units, beta=0.3)
    expected = 0.0
    for unit in units:
        gains = []
        for each in unit:
            with torch.no_grad():
                mine = _logprob(module, each.ids, each.start)
                with module.disable_adapter():  # type: ignore[operator]
                    gains.append(mine - _logprob(module, each.ids, each.start))
        expected -= math.log(1 / (1 + math.exp(-0.3 * (gains[0] - gains[1]))))
    batch = collate([each for unit in units for each in unit], pack_tokens=512)
    assert float(loss(module, batch)[0].detach()) == pytest.approx(expected, rel=1e-3)
    swapped = collate([each for unit in units for each in unit[::-1]])  # a broken order shows
    assert float(loss(module, swapped)[0].detach()) != pytest.approx(expected, rel=1e-2)


def test_the_reference_of_a_taught_model_is_the_model_as_it_was_taught(
    tiny: Callable[..., Learner],
) -> None:
    learner = tiny()
    units = encode_pairs(learner.encoder, _pairs(), max_tokens=128)
    module = adapt(learner.module, RECIPE)
    with torch.no_grad():
        for name, weights in module.named_parameters():
            if "lora_B" in name:
                weights.normal_(std=0.2, generator=torch.Generator().manual_seed(1))
    taught = DpoLoss(module, units, reference="start")
    base = DpoLoss(module, units)  # the wrong one for a model that was taught
    found = [measure_margins(module, units, objective=each) for each in (taught, base)]
    assert found[0].mean_margin_nats == pytest.approx(0, abs=1e-5)
    assert abs(found[1].mean_margin_nats) > 0.01
    likelier = [sum(gap > 0 for gap in each.reference_gaps(units)) for each in (taught, base)]
    assert likelier[0] == found[0].likelier * len(units)


def test_the_wanted_answers_own_loss_is_added_a_token_each(tiny: Callable[..., Learner]) -> None:
    learner = tiny()
    units = encode_pairs(learner.encoder, _pairs()[:3], max_tokens=128)
    module = adapt(learner.module, RECIPE).eval()
    batch = collate([each for unit in units for each in unit], pack_tokens=512)
    with torch.no_grad():
        plain, added = (
            float(DpoLoss(module, units, answer_weight=weight)(module, batch)[0])
            for weight in (0.0, 0.5)
        )
        expected = {
            which: sum(
                -_logprob(module, unit[which].ids, unit[which].start) / len(unit[which].answer)
                for unit in units
            )
            for which in (0, 1)
        }
    assert added - plain == pytest.approx(0.5 * expected[0], rel=1e-3)
    assert expected[1] != pytest.approx(expected[0], rel=1e-2)  # of the other answers it would show
    with pytest.raises(InputError, match="answer_weight is -1"):
        DpoLoss(module, units, answer_weight=-1)


def _logprob(module: torch.nn.Module, ids: tuple[int, ...], start: int) -> float:
    said = torch.log_softmax(module(input_ids=torch.tensor([ids])).logits[0].double(), dim=-1)
    return sum(float(said[place - 1, ids[place]]) for place in range(start, len(ids)))


def test_held_out_pairs_turn_to_what_is_wanted(tiny: Callable[..., Learner]) -> None:
    learner = tiny()
    units = encode_pairs(learner.encoder, _pairs(), max_tokens=128)
    module = adapt(learner.module, RECIPE)
    loss = DpoLoss(module, units)
    before = measure_margins(module, units[7:], objective=loss)
    source = Batches(units[:7], batch=4, seed=0, pack_tokens=512)
    done = train(module, source, RECIPE, steps=25, objective=loss)
    after = measure_margins(module, units[7:], objective=loss)
    assert before.accuracy == 0.0 and abs(before.mean_margin_nats) < 1e-3
    assert after.accuracy == 1.0 and after.mean_margin_nats > 1
    assert 0 < after.low < 1 and after.high == pytest.approx(1.0)
    assert done.steps[-1].loss_nats < done.steps[0].loss_nats


def test_a_model_without_an_adapter_has_no_reference(tiny: Callable[..., Learner]) -> None:
    learner = tiny()
    units = encode_pairs(learner.encoder, _pairs()[:1], max_tokens=128)
    with pytest.raises(CapabilityError, match="needs an adapter"):
        DpoLoss(adapt(learner.module, dataclasses.replace(RECIPE, method="full")), units)


def test_an_answers_logprob_is_the_sum_of_its_tokens(tiny: Callable[..., Learner]) -> None:
    learner = tiny()
    unit = encode_pairs(learner.encoder, _pairs()[:1], max_tokens=128)[0]
    batch = collate(unit, pack_tokens=512)
    with torch.no_grad():
        said = answer_logprobs(compute(learner.module, batch), batch)
        alone = [_logprob(learner.module, each.ids, each.start) for each in unit]
    assert said.tolist() == pytest.approx(alone, rel=1e-4)
