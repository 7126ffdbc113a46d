"""Each method does to the loss what its paper says, on a classifier of known weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from workbench.core.errors import CapabilityError, NotFoundError
from workbench.finetuning.continual.classifier import Classifier, Schooling
from workbench.finetuning.continual.derpp import DarkExperienceReplay
from workbench.finetuning.continual.lwf import LearningWithoutForgetting, distil
from workbench.finetuning.continual.olora import OrthogonalLora, lora_layers, overlap
from workbench.finetuning.continual.pupil import put_weights, take_weights
from workbench.finetuning.continual.replay import Replay
from workbench.finetuning.continual.routed import RoutedAdapters
from workbench.finetuning.continual.running import run_sequence
from workbench.finetuning.continual.strategy import METHODS, Settings, find_method
from workbench.finetuning.training.objective import Outputs

MEMORY = Settings(memory=8, memory_batch=8, alpha=0.25, beta=2.0)


def _see(method: Any, pupil: Any, examples: list[Any]) -> float:
    batch = pupil.collate(examples)
    outputs = pupil.compute(pupil.module, batch)
    return float(method.extra_loss(pupil.module, batch, outputs).detach())


def test_replay_adds_the_mean_loss_of_what_it_kept(linear: Any, digits: Any) -> None:
    method = Replay(linear, MEMORY, seed=0)
    old, new = digits(8), digits(4, seed=9, labels=(2, 3))
    assert _see(method, linear, old) == 0
    expected = float(linear.compute(linear.module, linear.collate(old)).losses_nats.mean().detach())
    assert _see(method, linear, new) == pytest.approx(expected, rel=1e-5)
    assert method.memory_size == 8


def test_derpp_holds_to_the_logits_of_the_time_not_to_those_of_now(
    linear: Any, digits: Any
) -> None:
    method = DarkExperienceReplay(linear, MEMORY, seed=0)
    old, new = digits(8), digits(4, seed=9, labels=(2, 3))
    batch = linear.collate(old)
    assert _see(method, linear, old) == 0
    then = linear.compute(linear.module, batch).logits.detach()
    with torch.no_grad():
        linear.module.weight.mul_(1.5)
    now = linear.compute(linear.module, batch)
    replayed = 2.0 * float(now.losses_nats.mean().detach())
    expected = 0.25 * float((now.logits - then).square().mean().detach()) + replayed
    assert _see(method, linear, new) == pytest.approx(expected, rel=1e-4)
    assert expected > replayed + 1e-3, "logits of now would give no distance at all"


def test_lwf_divergence_is_that_of_softened_distributions() -> None:
    said, taught = torch.tensor([[1.0, 0.0, 2.0]]), torch.tensor([[0.0, 3.0, 1.0]])
    p, q = (taught / 2).softmax(1), (said / 2).softmax(1)
    by_hand = 4 * float((p * (p / q).log()).sum())
    assert float(distil(said, taught, 2.0)) == pytest.approx(by_hand, rel=1e-5)
    assert float(distil(taught, said, 2.0)) != pytest.approx(by_hand, rel=1e-2)
    assert float(distil(said, said + 7, 2.0)) == pytest.approx(0, abs=1e-6)


def test_lwf_learns_from_the_model_before_the_task_on_classes_it_knew(
    linear: Any, digits: Any
) -> None:
    method = LearningWithoutForgetting(linear, Settings(), seed=0)
    old, new = digits(8), digits(4, seed=9, labels=(2, 3))
    method.begin_task(0, old)
    assert _see(method, linear, old) == 0
    method.end_task(0, old)
    method.begin_task(1, new)
    assert _see(method, linear, new) == pytest.approx(0, abs=1e-6)
    with torch.no_grad():
        linear.module.weight[5].add_(1.0)
    assert _see(method, linear, new) == pytest.approx(0, abs=1e-6), "class 5 was not known"
    with torch.no_grad():
        linear.module.weight[1].add_(1.0)
    assert _see(method, linear, new) > 1e-3


def test_olora_overlap_is_zero_only_at_right_angles() -> None:
    first = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    assert float(overlap(first, torch.tensor([[0.0, 0.0, 2.0]]))) == 0
    assert float(overlap(first, torch.tensor([[0.5, -0.5, 2.0]]))) == 1.0


def test_olora_freezes_what_was_learnt_and_goes_on_beside_it(digits: Any) -> None:
    pupil = Classifier(seed=0, schooling=Schooling(epochs=2), adapter=True)
    method = OrthogonalLora(pupil, Settings(orthogonality=10.0), seed=0)
    method.begin_task(0, digits(16))
    pupil.train(digits(16), seed=0, extra_loss=method.extra_loss)
    held = take_weights(pupil.module)
    method.begin_task(1, digits(16))
    before = [
        float(overlap(layer.lora_A["default"].weight, layer.lora_A["task1"].weight).detach())
        for layer in lora_layers(pupil.module)
    ]
    assert set(take_weights(pupil.module)).isdisjoint(held)
    pupil.train(digits(16, labels=(2, 3)), seed=1, extra_loss=method.extra_loss)
    after = [
        float(overlap(layer.lora_A["default"].weight, layer.lora_A["task1"].weight).detach())
        for layer in lora_layers(pupil.module)
    ]
    assert sum(after) < sum(before)
    known = dict(pupil.module.named_parameters())
    assert all(torch.equal(known[name], value) for name, value in held.items())


def test_merging_starts_each_task_from_the_same_base(digits: Any) -> None:
    pupil = Classifier(seed=0, schooling=Schooling(epochs=1))
    base = take_weights(pupil.module)
    method = find_method("svd")(pupil, Settings(), seed=0)
    put_weights(pupil.module, {name: each + 1 for name, each in base.items()})
    method.begin_task(1, digits(4))
    assert all(torch.equal(each, base[name]) for name, each in take_weights(pupil.module).items())


@pytest.mark.parametrize("name", [name for name in METHODS if name != "rehearsal"])
def test_every_method_learns_a_sequence_and_does_so_again_the_same(name: str, stream: Any) -> None:
    def run() -> Any:
        return run_sequence(
            stream,
            lambda adapter: Classifier(seed=0, schooling=Schooling(epochs=4), adapter=adapter),
            method=name,
            settings=Settings(memory=16, memory_batch=8, fisher_examples=8, orthogonality=0.01),
            seed=0,
        )

    first, second = run(), run()
    assert first.matrix == second.matrix
    assert first.memory_examples == (16 if name in ("replay", "derpp") else 0)


def test_what_keeps_old_examples_forgets_less_than_what_keeps_none(stream: Any) -> None:
    def forgotten(name: str) -> float:
        run = run_sequence(
            stream,
            lambda adapter: Classifier(seed=0, schooling=Schooling(epochs=10), adapter=adapter),
            method=name,
            settings=Settings(memory=32),
            seed=0,
        )
        return run.matrix.forgetting

    assert forgotten("derpp") < 0.2 < 0.5 < forgotten("naive")


def test_a_classifier_makes_nothing_up_and_unknown_methods_are_named(stream: Any) -> None:
    with pytest.raises(CapabilityError, match="makes up no examples"):
        run_sequence(
            stream,
            lambda adapter: Classifier(seed=0, schooling=Schooling()),
            method="rehearsal",
            settings=Settings(),
            seed=0,
        )
    with pytest.raises(NotFoundError, match="derp"):
        find_method("derp")


def test_an_extra_loss_of_nothing_has_no_effect(linear: Any) -> None:
    method = find_method("naive")(linear, Settings(), seed=0)
    found = method.extra_loss(linear.module, None, Outputs(torch.ones(2, 3), torch.ones(2)))
    assert float(found) == 0


def test_an_adapter_a_task_forgets_only_what_is_sent_to_the_wrong_one(
    stream: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgotten() -> float:
        run = run_sequence(
            stream,
            lambda adapter: Classifier(seed=0, schooling=Schooling(epochs=10), adapter=adapter),
            method="routed",
            settings=Settings(),
            seed=0,
        )
        return run.matrix.forgetting

    assert forgotten() < 0.1
    # A router that always takes the last task is the naive way again.
    monkeypatch.setattr(
        RoutedAdapters,
        "choose",
        lambda self, asked: [len(self.routes) - 1 if self.routes else None] * len(asked),
    )
    assert forgotten() > 0.5


def test_what_is_like_no_task_is_answered_as_before_the_first(digits: Any) -> None:
    pupil = Classifier(seed=0, schooling=Schooling(epochs=2), adapter=True)
    method = RoutedAdapters(pupil, Settings(), seed=0)
    base = take_weights(pupil.module)
    method.begin_task(0, digits(32))
    pupil.train(digits(32), seed=0, extra_loss=method.extra_loss)
    method.end_task(0, digits(32))
    asked = [*digits(4, seed=7), *digits(4, seed=8, labels=(8, 9))]
    assert method.choose(asked) == [0] * 4 + [None] * 4
    on = {}
    for places in method._by_adapter(asked):
        now = take_weights(pupil.module)
        on[tuple(places)] = all(torch.equal(now[name], each) for name, each in base.items())
    assert on == {(0, 1, 2, 3): False, (4, 5, 6, 7): True}
