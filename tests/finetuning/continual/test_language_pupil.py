"""A tiny language model learns a sequence: every method, with real adapters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from workbench.core.errors import EngineError
from workbench.finetuning.continual.language_pupil import LanguagePupil
from workbench.finetuning.continual.pupil import take_weights, with_weights
from workbench.finetuning.continual.running import run_sequence
from workbench.finetuning.continual.strategy import METHODS, Settings
from workbench.finetuning.continual.streams import Stream, Task
from workbench.finetuning.examples import of_prompt
from workbench.finetuning.training.adapting import Learner, make_learner
from workbench.finetuning.training.recipe import Recipe
from workbench.models.engines.torch_loading import load_module
from workbench.models.folder import read_folder
from workbench.models.formats.tiny import make_tiny_folder

RECIPE = Recipe(rank=4, alpha=8, steps=2, batch=2, learning_rate=1e-2, precision="fp32")


@pytest.fixture(scope="module")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_folder(tmp_path_factory.mktemp("tiny") / "tiny")


@pytest.fixture
def learner(tiny_folder: Path) -> Learner:
    folder = read_folder(tiny_folder)
    module = load_module(folder, dtype="float32")
    return make_learner("tiny", folder, precision="fp32", module=module)


def _task(name: str, answer: str) -> Task:
    examples = tuple(of_prompt(f"the {each} {name}?", answer) for each in ("red", "old", "small"))
    return Task(name, examples, examples[:2])


STREAM = Stream("made", (_task("dog", "blue"), _task("fox", "quick")), "made", "the project's own")


@pytest.mark.parametrize("name", list(METHODS))
def test_every_method_teaches_a_language_model(
    name: str, learner: Learner, shared_home: Path
) -> None:
    run = run_sequence(
        STREAM,
        lambda adapter: LanguagePupil(learner, RECIPE, answer_tokens=4),
        method=name,
        settings=Settings(memory=2, memory_batch=2, top_k=3, fisher_examples=2),
        seed=0,
    )
    assert run.matrix.tasks == 2


def test_deltas_come_back_through_an_adapter_of_their_rank(learner: Learner) -> None:
    pupil = LanguagePupil(learner, RECIPE)
    pupil.train(STREAM.tasks[0].train, seed=1, extra_loss=lambda m, b, o: o.logits.new_zeros(()))
    deltas = pupil.read_deltas()
    assert any(float(each.abs().max()) > 0 for each in deltas.values())
    pupil.write_deltas({name: 2 * each for name, each in deltas.items()})
    for name, each in pupil.read_deltas().items():
        assert torch.allclose(each, 2 * deltas[name], atol=1e-5)


def test_first_weights_of_an_adapter_are_the_base(learner: Learner) -> None:
    """What distillation takes for its teacher says what the model without an adapter said."""
    pupil = LanguagePupil(learner, RECIPE)
    first: Any = take_weights(pupil.module)
    batch = pupil.collate(STREAM.tasks[0].train)
    before = pupil.compute(pupil.module, batch).logits.detach()
    pupil.train(STREAM.tasks[0].train, seed=1, extra_loss=lambda m, b, o: o.logits.new_zeros(()))
    with torch.no_grad():
        now = pupil.compute(pupil.module, batch).logits
        taught = pupil.compute(with_weights(pupil.module, first), batch).logits
    assert torch.allclose(taught, before, atol=1e-5)
    assert not torch.allclose(now, before, atol=1e-3)


def test_closing_leaves_the_base_as_it_was(learner: Learner) -> None:
    before = {name: each.clone() for name, each in learner.module.state_dict().items()}
    pupil = LanguagePupil(learner, RECIPE)
    pupil.train(STREAM.tasks[0].train, seed=1, extra_loss=lambda m, b, o: o.logits.new_zeros(()))
    pupil.close()
    after: Callable[[], dict[str, torch.Tensor]] = learner.module.state_dict
    assert set(after()) == set(before)
    assert all(torch.equal(after()[name], each) for name, each in before.items())
    again = LanguagePupil(learner, RECIPE)
    assert take_weights(again.module), "the next method gets an adapter of its own"


def test_a_pupil_keeps_its_embedder_until_it_is_closed(learner: Learner, shared_home: Path) -> None:
    pupil = LanguagePupil(learner, RECIPE)
    pupil.describe(STREAM.tasks[0].train)
    embedder: Any = pupil.vectors._model
    pupil.describe(STREAM.tasks[1].train)
    assert pupil.vectors._model is embedder
    pupil.close()
    with pytest.raises(EngineError, match="closed"):
        embedder.embed("the red dog?")
