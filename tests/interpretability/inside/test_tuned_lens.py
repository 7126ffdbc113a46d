"""A tuned lens says more than the logit lens, is kept without pickle, and fits its model alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import InputError, IntegrityError, NotFoundError
from workbench.interpretability.inside import tuned_lens
from workbench.interpretability.inside.logit_lens import apply_logit_lens
from workbench.interpretability.inside.tuned_lens import (
    TrainedLens,
    apply_tuned_lens,
    train_tuned_lens,
)
from workbench.models.model import Model
from workbench.store.artifacts import Artifacts
from workbench.store.versions import Versions

Load = Callable[[str], Model]
SENTENCE = (
    "The quick brown fox jumps over the lazy dog and the model reads text token by token while "
    "birds sit on the roof and the river goes where the rain has stopped every morning"
)
WORDS = SENTENCE.split()
TEXTS = [" ".join(WORDS[at % 20 : at % 20 + 11]) for at in range(40)]


def train(model: Model, **options: Any) -> TrainedLens:
    chosen = {"name": "mine", "steps": 60, "learning_rate": 0.01, "seed": 1, **options}
    return train_tuned_lens(model, TEXTS, **chosen)


@pytest.mark.parametrize("architecture", ["llama", "gemma2"])
def test_it_comes_nearer_to_the_last_layer_on_texts_held_out(tiny: Load, architecture: str) -> None:
    model = tiny(architecture)
    before = [weights.clone() for weights in model.module.parameters()]
    wanted = [weights.requires_grad for weights in model.module.parameters()]
    lens = train(model)
    assert lens.layers == (0,)
    assert lens.divergence_after[0] < 0.7 * lens.divergence_before[0]
    after = list(model.module.parameters())
    assert all((a == b).all() for a, b in zip(after, before, strict=True))
    assert [weights.requires_grad for weights in after] == wanted


def test_without_a_step_it_is_the_logit_lens(tiny: Load) -> None:
    model = tiny("llama")
    lens = train(model, steps=1, learning_rate=1e-12)
    assert lens.divergence_after == pytest.approx(lens.divergence_before, rel=1e-6)
    text = "The lazy dog jumps"
    read = apply_tuned_lens(model, text, lens="mine")
    np.testing.assert_allclose(read.values, apply_logit_lens(model, text).values, atol=1e-5)


def test_trained_on_the_wrong_layers_states_it_is_worse(
    other: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = other("olmo2")
    right = train(model)
    real = tuned_lens._pool

    def shifted(*args: Any, **options: Any) -> Any:
        pool = real(*args, **options)
        swapped = {0: pool.states[1], 1: pool.states[0]}
        return tuned_lens._Pool(swapped, pool.final, pool.train, pool.test, pool.texts_sha256)

    with monkeypatch.context() as fault:
        fault.setattr(tuned_lens, "_pool", shifted)
        train(model, name="shifted")
    text = "The lazy dog jumps over the brown fox"
    good = apply_tuned_lens(model, text, lens="mine").values[1:-1, 1:].mean()
    bad = apply_tuned_lens(model, text, lens="shifted").values[1:-1, 1:].mean()
    assert good < bad
    assert right.layers == (0, 1)


def test_it_is_kept_with_how_it_was_made(tiny: Load, home: Path) -> None:
    model = tiny("llama")
    first, second = train(model), train(model)
    assert (first.reference, second.reference) == ("mine@1", "mine@2")
    assert first.sha256 == second.sha256  # the same seed, the same numbers
    assert train(model, seed=2).sha256 != first.sha256
    version = Versions().resolve("lens", "mine@1")
    assert version.record["texts_sha256"] == first.texts_sha256
    assert version.record["seed"] == 1 and version.record["steps"] == 60
    head = Artifacts().read(first.sha256)[:64]
    assert b"layers.0" in head and b"pickle" not in head


def test_what_is_read_through_it_is_what_was_measured(tiny: Load) -> None:
    model = tiny("llama")
    lens = train(model)
    held_out = [text for number, text in enumerate(TEXTS) if number % 5 == 4]
    rows = [apply_tuned_lens(model, text, lens="mine").values[1, 1:] for text in held_out]
    assert np.concatenate(rows).mean() == pytest.approx(lens.divergence_after[0], rel=1e-4)


def test_another_model_and_other_bytes_are_refused(tiny: Load) -> None:
    model = tiny("llama")
    lens = train(model)
    with pytest.raises(NotFoundError, match="no lens named 'mien'"):
        apply_tuned_lens(model, "The dog", lens="mien")
    with pytest.raises(IntegrityError, match="was made on"):
        apply_tuned_lens(tiny("mistral"), "The dog", lens="mine")
    path = Artifacts().path(lens.sha256)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-4] + b"\x00\x00\x00\x01")
    with pytest.raises(IntegrityError):
        apply_tuned_lens(model, "The dog", lens="mine")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"layers": [1]}, "layer 1 is the last"),
        ({"layers": [7]}, "layer 7 is not one of the 2"),
        ({"steps": 0}, "steps is 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0"),
    ],
)
def test_what_makes_no_sense_is_refused(tiny: Load, options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        train(tiny("llama"), **options)


def test_too_few_texts_are_refused(tiny: Load) -> None:
    with pytest.raises(InputError, match="tokens to train on"):
        train_tuned_lens(tiny("llama"), TEXTS[:3], name="mine")
    with pytest.raises(InputError, match="text 1 is empty"):
        train_tuned_lens(tiny("llama"), [""], name="mine")
