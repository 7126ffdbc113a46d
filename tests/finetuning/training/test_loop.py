"""The loop: what a step is, what stops it, and that a killed run goes on with the same numbers."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from workbench.core import events
from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import CancelledError, ConflictError, InputError, IntegrityError
from workbench.finetuning.training.adapting import Learner, adapt
from workbench.finetuning.training.batches import Batch, Batches, batches_in_order, collate
from workbench.finetuning.training.checkpoints import NAME, take_weights
from workbench.finetuning.training.encoding import Encoded, encode_all
from workbench.finetuning.training.loop import Keeping, Training, train
from workbench.finetuning.training.objective import AnswerLoss, Outputs, evaluate_loss
from workbench.finetuning.training.recipe import Recipe

from .made import made_examples

SCRIPT = Path(__file__).with_name("resumed_run.py")
BASE = Recipe(rank=4, learning_rate=3e-3, steps=6, batch=4, epochs=None, checkpoint_every_s=0)


def _encoded(learner: Learner, count: int = 12) -> tuple[Encoded, ...]:
    return encode_all(learner.encoder, made_examples(count), max_tokens=256)


def _run(learner: Learner, recipe: Recipe, **options: Any) -> tuple[Training, torch.nn.Module]:
    encoded = _encoded(learner)
    source = Batches([(each,) for each in encoded], batch=recipe.batch, seed=recipe.seed)
    module = adapt(learner.module, recipe)
    return train(module, source, recipe, steps=recipe.steps or 1, **options), module


@pytest.mark.parametrize("method", ["lora", "dora", "rslora", "full"])
def test_every_method_learns(tiny: Callable[..., Learner], method: str) -> None:
    recipe = dataclasses.replace(BASE, method=method, steps=30, alpha=16.0, learning_rate=5e-3)
    done, module = _run(tiny(), recipe)
    assert done.steps[-1].loss_nats < 0.5 * done.steps[0].loss_nats
    trained = sum(weights.numel() for weights in take_weights(module).values())
    whole = sum(weights.numel() for weights in module.parameters())
    assert (trained == whole) is (method == "full")


def test_accumulating_is_one_large_batch_to_the_token(tiny: Callable[..., Learner]) -> None:
    learner = tiny()
    encoded = _encoded(learner, 8)  # answers of several lengths: a mean of means would differ
    together = [[collate(encoded)], [collate(encoded[:2]), collate(encoded[2:])]]
    states = []
    for parts in together:
        recipe = dataclasses.replace(BASE, steps=1, accumulation=len(parts), warmup_share=0)
        module = adapt(tiny().module, recipe)
        done = train(module, parts, recipe, steps=1)
        states.append((done.steps[0].loss_nats, done.steps[0].gradient_norm))
    assert states[0] == pytest.approx(states[1], rel=1e-5)
    means = [float(_mean(learner, part)) for part in together[1]]
    assert sum(means) / 2 != pytest.approx(states[0][0], rel=1e-3)  # the broken way


def _mean(learner: Learner, part: Batch) -> torch.Tensor:
    return AnswerLoss()(learner.module, part)[0].detach() / part.weights.sum()


def test_checkpointing_activations_changes_no_number(tiny: Callable[..., Learner]) -> None:
    kept, _ = _run(tiny(), BASE)
    recomputed, _ = _run(tiny(), dataclasses.replace(BASE, checkpointing=True))
    assert [s.loss_nats for s in kept.steps] == [s.loss_nats for s in recomputed.steps]


def test_only_the_last_layers_get_an_adapter(tiny: Callable[..., Learner]) -> None:
    module = adapt(tiny().module, dataclasses.replace(BASE, layers=1))
    assert {name.split(".layers.")[1][0] for name in take_weights(module)} == {"1"}


def test_the_extra_loss_joins_in_with_its_gradient(tiny: Callable[..., Learner]) -> None:
    seen = []

    def extra(module: torch.nn.Module, batch: Batch, outputs: Outputs) -> torch.Tensor:
        seen.append((outputs.logits.shape, len(batch.targets)))
        return 0.5 * sum((w**2).sum() for w in module.parameters() if w.requires_grad)

    plain, _ = _run(tiny(), BASE)
    done, _ = _run(tiny(), BASE, extra_loss=extra)
    assert done.steps[0].loss_nats == plain.steps[0].loss_nats and done.steps[0].extra_loss > 0
    assert done.steps[-1].loss_nats != plain.steps[-1].loss_nats
    assert all(shape == (n, 512) for shape, n in seen)


def test_it_stops_when_nothing_gets_better_and_gives_the_best(
    tiny: Callable[..., Learner],
) -> None:
    losses = iter([5.0, 4.0, 4.5, 4.6, 1.0])
    weights: list[dict[str, torch.Tensor]] = []

    def evaluate(module: torch.nn.Module) -> float:
        weights.append(take_weights(module))
        return next(losses)

    recipe = dataclasses.replace(BASE, steps=20, evaluate_every_steps=2, patience=2)
    done, module = _run(tiny(), recipe, evaluate=evaluate)
    assert (done.stopped, len(done.steps)) == ("patience", 6)
    assert done.best is not None and (done.best.step, done.best.loss_nats) == (2, 4.0)
    for name, values in take_weights(module).items():
        assert torch.equal(values, weights[1][name])


def test_events_tell_the_curve(tiny: Callable[..., Learner]) -> None:
    heard: list[events.Event] = []
    with events.listening(heard.append, "finetuning"):
        done, _ = _run(tiny(), BASE, evaluate=lambda module: 1.0)
    told = [event.data for event in heard if event.kind == "finetuning.step"]
    assert [each["loss_nats"] for each in told] == [step.loss_nats for step in done.steps]
    assert [e.data["step"] for e in heard if e.kind == "finetuning.evaluation"] == [0, 6]


def test_a_loss_that_is_no_number_ends_the_run(tiny: Callable[..., Learner]) -> None:
    recipe = dataclasses.replace(BASE, learning_rate=10.0, clip_norm=0, steps=50, method="full")
    with pytest.raises(InputError, match="no number any more"):
        _run(tiny(), recipe, extra_loss=lambda module, batch, outputs: outputs.logits.exp().sum())


def test_a_step_without_weight_is_refused(tiny: Callable[..., Learner]) -> None:
    learner = tiny()
    encoded = [dataclasses.replace(each, weight=0.0) for each in _encoded(learner, 2)]
    with pytest.raises(InputError, match="no weight"):
        train(adapt(learner.module, BASE), [collate(encoded)], BASE, steps=1)


def test_a_cancelled_run_goes_on_where_it_stopped(
    tiny: Callable[..., Learner], tmp_path: Path
) -> None:
    whole, _ = _run(tiny(), BASE)
    token = CancelToken()

    def stop(event: events.Event) -> None:
        if event.data["number"] == 3:
            token.cancel()

    keeping = Keeping(tmp_path, "key")
    with (
        events.listening(stop, "finetuning.step"),
        cancellable(token),
        pytest.raises(CancelledError),
    ):
        _run(tiny(), BASE, keeping=keeping)
    done, _ = _run(tiny(), BASE, keeping=keeping)
    assert done.resumed_at == 3
    assert [s.loss_nats for s in done.steps] == [s.loss_nats for s in whole.steps]


def test_a_checkpoint_of_another_run_or_a_damaged_one_is_refused(
    tiny: Callable[..., Learner], tmp_path: Path
) -> None:
    _run(tiny(), BASE, keeping=Keeping(tmp_path, "key"))
    with pytest.raises(ConflictError, match="another recipe"):
        _run(tiny(), BASE, keeping=Keeping(tmp_path, "other"))
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(IntegrityError, match="damaged"):
        _run(tiny(), BASE, keeping=Keeping(tmp_path, "key"))


class Host:
    """The process that forks runs."""

    def __init__(self, tiny_folder: Path) -> None:
        self._tiny = tiny_folder
        self._process = subprocess.Popen(
            [sys.executable, str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, folder: Path, *, kill_at: int = 0, broken: str = "") -> dict[str, Any]:
        """Run to the end, or until SIGKILL while step ``kill_at`` or a later one is written."""
        folder.mkdir(exist_ok=True)
        steps = folder / "steps"
        steps.write_text("")
        child = self._ask(json.dumps([str(folder), str(self._tiny), broken]))
        while kill_at and len(steps.read_text().splitlines()) < kill_at:
            time.sleep(0.001)
        if kill_at:
            os.kill(child, signal.SIGKILL)
        assert self._process.stdout is not None
        assert int(self._process.stdout.readline()) == (-signal.SIGKILL if kill_at else 0)
        return {} if kill_at else dict(json.loads((folder / "result.json").read_text()))

    def _ask(self, line: str) -> int:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End it."""
        self._process.communicate(timeout=60)


@pytest.fixture(scope="module")
def host(tiny_folder: Path) -> Iterator[Host]:
    started = Host(tiny_folder)
    yield started
    started.close()


@pytest.fixture(scope="module")
def uninterrupted(host: Host, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return host.run(tmp_path_factory.mktemp("whole") / "run")


@pytest.mark.slow
@pytest.mark.soak
def test_a_killed_run_gives_the_same_curve(
    host: Host, tmp_path: Path, uninterrupted: dict[str, Any], scale: int
) -> None:
    chance = random.Random(20261126)
    for number in range(scale):
        folder = tmp_path / str(number)
        for steps in (chance.randrange(2, 12), chance.randrange(1, 8), chance.randrange(1, 4)):
            host.run(folder, kill_at=steps)  # counted from where each goes on
        told = host.run(folder)
        assert told["resumed_at"] > 0
        assert {**told, "resumed_at": None} == uninterrupted


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["sampler", "chance", "optimizer"])
def test_what_is_not_saved_is_noticed(
    host: Host, tmp_path: Path, uninterrupted: dict[str, Any], broken: str
) -> None:
    host.run(tmp_path / "run", kill_at=9)
    told = host.run(tmp_path / "run", broken=broken)
    assert told["losses"][:8] == uninterrupted["losses"][:8]
    assert told["losses"] != uninterrupted["losses"]


def test_an_evaluation_weighs_each_token_once(tiny: Callable[..., Learner]) -> None:
    learner = tiny()
    encoded = _encoded(learner)
    found = [
        evaluate_loss(learner.module, batches_in_order(encoded, batch=size)) for size in (1, 5, 12)
    ]
    assert found == pytest.approx([found[0]] * 3, rel=1e-5)
