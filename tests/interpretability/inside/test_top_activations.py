"""The texts that are kept are those of a look at everything, in whatever batches they came."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.interpretability.inside import top_activations
from workbench.interpretability.inside.top_activations import find_top_activations
from workbench.models.model import Model

Load = Callable[[str], Model]
SENTENCE = (
    "the quick brown fox jumps over a lazy dog while rain falls on roofs and birds sing of rivers "
    "numbers colours animals questions machines tables mornings"
)
WORDS = SENTENCE.split()


def corpus(count: int = 40) -> list[str]:
    generator = np.random.default_rng(0)
    return [" ".join(generator.choice(WORDS, size=generator.integers(3, 9))) for _ in range(count)]


def everything(model: Model, texts: list[str], neurons: list[int]) -> np.ndarray:
    """The largest activation ``[neurons, texts]`` of layer 1, one text at a time, all kept."""
    import torch

    body: Any = model.module.base_model
    layers = body.h if hasattr(body, "h") else body.layers if hasattr(body, "layers") else None
    matrix = (
        body.encoder.layer[1].output.dense
        if layers is None
        else getattr(layers[1].mlp, "down_proj", None) or layers[1].mlp.c_proj
    )
    kept: list[torch.Tensor] = []
    handle = matrix.register_forward_pre_hook(lambda _, args: kept.append(args[0]))
    with torch.no_grad():
        for text in texts:
            body(input_ids=torch.tensor([model.tokenize(text)]))
    handle.remove()
    skip = 0 if layers is None else 1
    return np.stack(
        [state.reshape(-1, state.shape[-1])[skip:, neurons].max(dim=0).values.numpy()
         for state in kept], axis=1,
    )  # fmt: skip


@pytest.mark.parametrize("architecture", ["llama", "gemma2", "gpt2", "bert"])
@pytest.mark.parametrize("batch_texts", [1, 7, 64])
def test_the_best_are_those_of_a_look_at_everything(
    tiny: Load, other: Load, architecture: str, batch_texts: int
) -> None:
    model = (other if architecture in ("gpt2", "bert") else tiny)(architecture)
    texts, neurons = corpus(), [3, 50, 0]
    found = find_top_activations(
        model, iter(texts), layer=1, neurons=neurons, k=6, batch_texts=batch_texts
    )
    whole = everything(model, texts, neurons)
    for row, neuron in enumerate(found):
        order = np.argsort(-whole[row], kind="stable")[:6]
        np.testing.assert_allclose(
            [top.activation for top in neuron.top], whole[row][order], atol=1e-5
        )
        # Texts that begin alike are equals, up to rounding: each must be what it says it is.
        for top in neuron.top:
            assert top.activation == pytest.approx(whole[row][top.text_number], abs=1e-5)
            assert top.text == texts[top.text_number]
        assert neuron.texts_seen == len(texts) and neuron.neuron == neurons[row]
    assert bool(found[0].promotes) == (architecture != "bert")


def test_a_planted_text_is_found_and_its_token_named(tiny: Load) -> None:
    """A direction of the MLP is set so that neuron 5 answers to one token alone."""
    import torch

    model = tiny("llama")
    layer = model.module.base_model.layers[1]
    seen: list[torch.Tensor] = []
    handle = layer.mlp.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    text = "the lazy dog while rain falls"
    ids = model.tokenize(text)
    with torch.no_grad():
        model.module(input_ids=torch.tensor([ids]))
    handle.remove()
    position = 3
    wanted = seen[0][0, position]
    gate, up = layer.mlp.gate_proj.weight, layer.mlp.up_proj.weight
    before = gate[5].clone(), up[5].clone()
    with torch.no_grad():
        gate[5], up[5] = wanted, wanted
    try:
        (found,) = find_top_activations(
            model, [*corpus(20), text, *corpus(5)], layer=1, neurons=[5], k=3
        )
    finally:
        with torch.no_grad():
            gate[5], up[5] = before
    assert (found.top[0].text, found.top[0].position) == (text, position)
    assert found.top[0].activation > 2 * found.top[-1].activation


def test_memory_is_that_of_the_best_alone(tiny: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    real = top_activations._Best.add

    def watched(self: Any, *args: Any) -> None:
        real(self, *args)
        sizes.append(len(self))

    monkeypatch.setattr(top_activations._Best, "add", watched)

    def endless() -> Iterator[str]:
        yield from corpus(120)

    find_top_activations(tiny("llama"), endless(), layer=0, neurons=[1, 2], k=3, batch_texts=5)
    assert len(sizes) == 24 and max(sizes) <= 2 * 3


def test_of_equals_the_earlier_text_stays(tiny: Load) -> None:
    text = "the quick brown fox"
    (found,) = find_top_activations(
        tiny("llama"), [text] * 6, layer=0, neurons=[1], k=3, batch_texts=2
    )
    assert [top.text_number for top in found.top] == [0, 1, 2]


def test_what_makes_no_sense_is_refused(tiny: Load) -> None:
    model = tiny("llama")
    for options, said in (
        ({"neurons": [128]}, "neuron 128 is not one of the 128"),
        ({"neurons": []}, "no neuron was named"),
        ({"layer": 2}, "layer 2"),
        ({"k": 0}, "k and batch_texts"),
    ):
        with pytest.raises(InputError, match=said):
            find_top_activations(model, corpus(3), **{"layer": 0, "neurons": [0], **options})  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no text that is not empty"):
        find_top_activations(model, ["", " "], layer=0, neurons=[0])
