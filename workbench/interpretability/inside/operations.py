"""What a user can ask: what stands inside a transformer: lenses, patching, probes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any, Literal

import annotated_types as limits

from workbench.core.operations import operation
from workbench.core.viewers import Viewable
from workbench.interpretability.inside.difference_of_means import SteeringVector
from workbench.interpretability.inside.results import (
    AttentionMaps,
    DirectAttribution,
    LensReading,
    Neuron,
    PatchGrid,
    ProbeReading,
    Rollout,
    SteeringEffect,
)
from workbench.interpretability.inside.tuned_lens import TrainedLens
from workbench.interpretability.reading_limit import MOST_TOKENS, refuse_empty

_CORPUS = "wikipedia-leads"
Positive = Annotated[int, limits.Ge(1)]


@dataclass(frozen=True)
class SteeredAnswer(Viewable):
    """What a model goes on with, plain and steered, from the same seed."""

    model: str
    prompt: str
    vector: str
    layer: int
    strength: float
    plain: str
    steered: str
    seed: int


@operation("interpretability.lens", title="Read what each layer would say next", produces="lens")
def lens(
    text: str,
    *,
    model: str | None = None,
    lens: str = "logit",
    target: str | None = None,
) -> LensReading:
    """Read every layer of a model through a lens.

    Args:
        text: Raw text, no chat template.
        model: A causal model; the setting ``model`` if none is given.
        lens: ``logit``, or the name of a tuned lens that ``train-lens`` made.
        target: Text whose first token is followed through the layers, such as " Paris".
    """
    from workbench.interpretability.inside.logit_lens import apply_logit_lens
    from workbench.interpretability.inside.tuned_lens import apply_tuned_lens, check_lens

    if lens != "logit":
        check_lens(lens)

    with _load(model, text=text, target=target) as loaded:
        if lens == "logit":
            return apply_logit_lens(loaded, text, target=target)
        return apply_tuned_lens(loaded, text, lens=lens, target=target)


@operation("interpretability.train_lens", title="Train a tuned lens", produces="lens")
def train_lens(
    name: str,
    *,
    model: str | None = None,
    corpus: str = _CORPUS,
    column: str = "text",
    layers: list[int] | None = None,
    steps: Positive = 100,
    pool_tokens: Positive = 2048,
    seed: Annotated[int, limits.Ge(0)] = 0,
) -> TrainedLens:
    """Train an affine map for each layer so that it says what the last layer will say.

    Args:
        name: What the lens is kept as.
        model: A causal model; the setting ``model`` if none is given.
        corpus: A data set or a file with the texts that it is trained on.
        column: The column that holds them.
        layers: Which layers; all but the last by default.
        steps: Updates.
        pool_tokens: How many tokens of the corpus are read.
        seed: Decides the order.
    """
    from workbench.interpretability.inside.tuned_lens import train_tuned_lens

    with _load(model) as loaded:
        return train_tuned_lens(
            loaded,
            _texts(corpus, column),
            name=name,
            layers=layers,
            steps=steps,
            pool_tokens=pool_tokens,
            seed=seed,
        )


@operation("interpretability.attention", title="Read the attention of a model", produces="maps")
def attention(
    text: str, *, model: str | None = None, layers: list[int] | None = None, rollout: bool = False
) -> AttentionMaps | Rollout:
    """Show which tokens each head looks at, or all layers rolled into one map.

    Args:
        text: Raw text.
        model: A causal model or an encoder; the setting ``model`` if none is given.
        layers: Which layers; all by default.
        rollout: One map of all layers and heads together.
    """
    from workbench.core.errors import InputError
    from workbench.interpretability.inside.attention_maps import read_attention
    from workbench.interpretability.inside.attention_rollout import roll_out_attention

    if rollout and layers is not None:
        raise InputError("a rollout goes through all layers", hint="leave layers out")
    with _load(model, text=text) as loaded:
        if rollout:
            return roll_out_attention(loaded, text)
        return read_attention(loaded, text, layers=layers)


@operation("interpretability.patch", title="Patch one prompt into another", produces="grid")
def patch(
    clean: str,
    corrupted: str,
    *,
    answer: str,
    wrong: str,
    model: str | None = None,
    component: Literal["residual", "attention", "mlp", "heads"] = "residual",
    layers: list[int] | None = None,
    positions: list[int] | None = None,
    direction: Literal["denoise", "noise"] = "denoise",
    most_tokens: Annotated[int, limits.Ge(1)] = MOST_TOKENS,
) -> PatchGrid:
    """Find where a model keeps what makes its answer: patch each place, see the answer follow.

    Args:
        clean: The prompt that the answer belongs to.
        corrupted: A prompt with as many tokens that another answer belongs to.
        answer: What follows the clean prompt, such as " Paris".
        wrong: What follows the corrupted prompt.
        model: A causal model; the setting ``model`` if none is given.
        component: The stream after a layer, what attention or MLP add, or heads.
        layers: Which layers; all by default.
        positions: Which tokens, by number; all by default.
        direction: ``denoise`` patches the clean run into the corrupted one, ``noise`` the reverse.
        most_tokens: What would have the model read more tokens in all is refused.
    """
    from workbench.interpretability.inside.activation_patching import patch_grid

    with _load(model, clean=clean, corrupted=corrupted, answer=answer, wrong=wrong) as loaded:
        return patch_grid(
            loaded,
            clean,
            corrupted=corrupted,
            answer=answer,
            wrong=wrong,
            component=component,
            layers=layers,
            positions=positions,
            direction=direction,
            most_tokens=most_tokens,
        )


@operation("interpretability.direct", title="Split an answer over heads and MLPs", produces="grid")
def direct(prompt: str, *, answer: str, wrong: str, model: str | None = None) -> DirectAttribution:
    """Say what each head and MLP writes straight into a logit difference.

    Args:
        prompt: Raw text.
        answer: What may follow it, such as " Paris".
        wrong: What it is compared with.
        model: A causal model; the setting ``model`` if none is given.
    """
    from workbench.interpretability.inside.direct_logit_attribution import attribute_logits

    with _load(model, prompt=prompt, answer=answer, wrong=wrong) as loaded:
        return attribute_logits(loaded, prompt, answer=answer, wrong=wrong)


@operation("interpretability.make_steering", title="Make a steering vector", produces="vector")
def make_steering(
    name: str,
    *,
    toward: list[str],
    away: list[str],
    layer: int,
    model: str | None = None,
    pooling: Literal["mean", "last"] = "mean",
) -> SteeringVector:
    """Make a direction from two kinds of texts: the difference of their mean states at a layer.

    Args:
        name: What it is kept as.
        toward: Texts of the kind that answers shall become like.
        away: Texts of the other kind.
        layer: The layer after which it is taken, and added.
        model: A causal model; the setting ``model`` if none is given.
        pooling: A text's state: the mean over its tokens, or its last token's.
    """
    from workbench.interpretability.inside.difference_of_means import make_steering_vector

    with _load(model) as loaded:
        return make_steering_vector(
            loaded, toward, away=away, layer=layer, name=name, pooling=pooling
        )


@operation("interpretability.steer", title="Steer an answer", produces="answer")
def steer(
    prompt: str,
    *,
    vector: str,
    strength: float = 1.0,
    model: str | None = None,
    max_tokens: Positive = 40,
    temperature: Annotated[float, limits.Ge(0)] = 0.0,
    seed: Annotated[int, limits.Ge(0)] = 0,
) -> SteeredAnswer:
    """Go on from a raw text, plain and with a steering vector added at every token.

    Args:
        prompt: Raw text, no chat template.
        vector: A vector that ``make-steering`` made.
        strength: How many times it is added; negative steers away.
        model: The model that it was made on; the setting ``model`` if none is given.
        max_tokens: Longest answer.
        temperature: 0 always takes the likeliest token.
        seed: Of both answers.
    """
    from workbench.interpretability.inside import difference_of_means as steering

    steering.check_steering_vector(vector)
    how: dict[str, Any] = {"max_tokens": max_tokens, "temperature": temperature, "seed": seed}
    with _load(model, prompt=prompt) as loaded:
        found = steering.find_steering_vector(loaded, vector)
        plain = loaded.generate(prompt, **how).text
        with steering.steered(loaded, found, strength=strength):
            moved = loaded.generate(prompt, **how).text
        return SteeredAnswer(
            loaded.name, prompt, found.reference, found.layer, strength, plain, moved, seed
        )


@operation("interpretability.measure_steering", title="Measure a steering vector", produces="grid")
def measure_steering(
    prompts: list[str],
    *,
    vector: str,
    toward: list[str],
    away: list[str],
    strengths: list[float] | None = None,
    model: str | None = None,
) -> SteeringEffect:
    """Measure what a steering vector does to prompts that had no part in making it.

    Args:
        prompts: Held-out prompts, raw.
        vector: A vector that ``make-steering`` made.
        toward: Words that should become likelier, such as " good".
        away: Words that should become rarer.
        strengths: How many times it is added; -2, -1, 0, 1 and 2 by default.
        model: The model that it was made on; the setting ``model`` if none is given.
    """
    from workbench.interpretability.inside import difference_of_means as steering

    steering.check_steering_vector(vector)
    with _load(model) as loaded:
        found = steering.find_steering_vector(loaded, vector)
        return steering.measure_steering(
            loaded,
            found,
            prompts,
            toward=toward,
            away=away,
            strengths=steering.STRENGTHS if strengths is None else strengths,
        )


@operation("interpretability.probe", title="Probe the layers for a property", produces="grid")
def probe(
    source: str,
    *,
    model: str | None = None,
    text: str = "text",
    label: str = "label",
    type: str | None = None,
    layers: list[int] | None = None,
    position: Literal["last", "mean"] = "last",
    split: Literal["type", "item"] = "type",
    controls: Positive = 5,
    most_items: Positive = 2000,
    seed: Annotated[int, limits.Ge(0)] = 0,
) -> ProbeReading:
    """Train a linear probe at each layer, beside control tasks whose labels mean nothing.

    Args:
        source: A data set or a file with texts and labels.
        model: A causal model or an encoder; the setting ``model`` if none is given.
        text: The column of the texts.
        label: The column of what is to be read off.
        type: The column of the types that share a control label; each text is one by default.
        layers: Which layers; all by default.
        position: The state of the last token, or the mean.
        split: Whether types or items are held out.
        controls: How often control labels are drawn.
        most_items: Rows that are read.
        seed: Decides the split and the control labels.
    """
    from workbench.interpretability.inside.linear_probe import ProbeItem, train_probe

    names = [text, label, *([type] if type else [])]
    items = [
        ProbeItem(str(row[text]), str(row[label]), str(row[type]) if type else None)
        for row in islice(_rows(source, names), most_items)
    ]
    with _load(model) as loaded:
        return train_probe(
            loaded,
            items,
            layers=layers,
            position=position,
            split=split,
            controls=controls,
            seed=seed,
        )


@operation("interpretability.neurons", title="Find what excites neurons", produces="neurons")
def neurons(
    neurons: list[int],
    *,
    layer: int,
    model: str | None = None,
    corpus: str = _CORPUS,
    column: str = "text",
    k: Positive = 10,
    most_texts: Positive = 500,
) -> list[Neuron]:
    """Find the texts of a corpus that make neurons most active.

    Args:
        neurons: Numbers of neurons of one layer's MLP.
        layer: The layer.
        model: A causal model or an encoder; the setting ``model`` if none is given.
        corpus: A data set or a file with texts.
        column: The column that holds them.
        k: Texts for each neuron.
        most_texts: Texts that are read.
    """
    from workbench.interpretability.inside.top_activations import find_top_activations

    with _load(model) as loaded:
        texts = islice(_texts(corpus, column), most_texts)
        return find_top_activations(loaded, texts, layer=layer, neurons=neurons, k=k)


def _load(model: str | None, **texts: str | None) -> Any:
    """The model, once it is clear that the texts can be asked about."""
    from workbench.models.loading import load

    refuse_empty('there is nothing to look at; an answer begins with its space: " Paris"', **texts)
    return load(model, engine="transformers")


def _texts(corpus: str, column: str) -> Iterator[str]:
    return (str(row[column]) for row in _rows(corpus, [column]))


def _rows(source: str, columns: list[str]) -> Iterator[dict[str, Any]]:
    """The rows of a data set (of its training part, if it has several) or a file."""
    from workbench.core.errors import NotFoundError
    from workbench.data.loading import load

    found = load(source)
    if isinstance(found, dict):
        found = found["train"]
    for column in columns:
        if column not in found.column_names:
            raise NotFoundError.among(f"column of {source}", column, found.column_names)
    return iter(found.select_columns(columns))
