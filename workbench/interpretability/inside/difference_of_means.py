"""Steering by the difference of means: a direction in the stream, added while the model answers.

Rimsky et al. 2024, Steering Llama 2 via Contrastive Activation Addition, section 3, and Marks and
Tegmark 2023, The Geometry of Truth, section 5: the mean state of texts of one kind less that of the
other kind, at one layer; added to the stream after that layer at every token, times a strength.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from workbench.core.errors import InputError
from workbench.core.progress import track
from workbench.core.viewers import Viewable
from workbench.interpretability.inside.anatomy import Anatomy, examine
from workbench.interpretability.inside.kept_tensors import (
    check_kept,
    find_tensors,
    keep_tensors,
    weights_of,
)
from workbench.interpretability.inside.pooled_states import pool_states
from workbench.interpretability.inside.reading import (
    ReadText,
    first_token,
    prepare_threads,
    read_text,
)
from workbench.interpretability.inside.recording import changed
from workbench.interpretability.inside.results import SteeringEffect
from workbench.models.batching import pad_rows

if TYPE_CHECKING:
    import numpy as np
    import torch

    from workbench.models.model import Model

log = logging.getLogger(__name__)

KIND = "steering"
STRENGTHS = (-2.0, -1.0, 0.0, 1.0, 2.0)
Pooling = Literal["mean", "last"]


@dataclass(frozen=True, kw_only=True)
class SteeringVector(Viewable):
    """A direction that was kept as ``reference``; strength 1 adds ``vector`` once.

    ``norm_share`` is its length over the mean length of the states that it was made from.
    """

    reference: str
    model: str
    sha256: str
    layer: int
    vector: np.ndarray
    norm_share: float
    toward_texts: int
    away_texts: int
    pooling: str
    texts_sha256: str


def make_steering_vector(
    model: Model,
    toward: Sequence[str],
    *,
    away: Sequence[str],
    layer: int,
    name: str,
    pooling: Pooling = "mean",
) -> SteeringVector:
    """Make a direction from two kinds of texts and keep it in the store.

    Args:
        model: A causal model on ``engine="transformers"``.
        toward: Texts of the kind that answers shall become like.
        away: Texts of the other kind.
        layer: The layer after which the states are taken, and it will be added.
        name: What it is kept as.
        pooling: A text's state: the ``mean`` over its tokens but the first, or the ``last``.

    Raises:
        InputError: A kind has no text, a text is empty or has one token, the layer is not there,
            or both kinds have the same mean.
        CapabilityError: The engine has no module, or the model is an encoder.
    """
    import numpy as np

    anatomy = examine(model)
    place = anatomy.check_layer(layer)
    if pooling not in ("mean", "last"):
        raise InputError(f"pooling {pooling!r} is not mean or last")
    if not toward or not away:
        raise InputError("texts of both kinds are needed", hint="twenty of each is a beginning")
    prepare_threads(model)
    first = _states(model, anatomy, toward, place, pooling, what="toward")
    second = _states(model, anatomy, away, place, pooling, what="away")
    vector = first.mean(axis=0) - second.mean(axis=0)
    length = float(np.linalg.norm(np.concatenate([first, second]), axis=1).mean())
    if not np.linalg.norm(vector) > 1e-6 * length:
        raise InputError("both kinds of texts have the same mean: there is no direction")
    digest = hashlib.sha256("\x00".join([*toward, "\x01", *away]).encode()).hexdigest()
    facts = {
        "layer": place,
        "norm_share": float(np.linalg.norm(vector)) / length,
        "toward_texts": len(toward),
        "away_texts": len(away),
        "pooling": pooling,
        "texts_sha256": digest,
    }
    numbers = {"vector": vector.astype(np.float32)}
    version = keep_tensors(KIND, name, numbers, record={**weights_of(model), **facts})
    return _vector(version, numbers["vector"])


def check_steering_vector(reference: str) -> None:
    """Refuse a name that no direction was kept by: it costs nothing, where loading a model does.

    Raises:
        NotFoundError: There is none of that name.
    """
    check_kept(KIND, reference)


def find_steering_vector(model: Model, reference: str) -> SteeringVector:
    """A direction that was kept, for the model that it was made on.

    Raises:
        NotFoundError: There is none of that name.
        IntegrityError: It was made on other weights, or is damaged.
    """
    version, tensors = find_tensors(KIND, reference, model=model)
    return _vector(version, tensors["vector"])


@contextmanager
def steered(model: Model, vector: SteeringVector, *, strength: float = 1.0) -> Iterator[Model]:
    """Add the direction to all that the model reads and writes during the block.

    Everyone who shares the model is steered with it. What it kept of earlier prompts is dropped
    before and after, since it was computed without the direction, or with it.

    Args:
        model: The one that it was made on.
        vector: The direction.
        strength: How many times it is added; negative steers away.

    Raises:
        InputError: The strength is not a finite number.
    """
    import math

    import torch

    if not math.isfinite(strength):
        raise InputError(f"strength is {strength}; it must be a finite number")
    anatomy = examine(model)
    added = strength * torch.from_numpy(vector.vector)
    site = changed(anatomy, "residual", vector.layer, lambda state: state + added.to(state.dtype))
    with site:
        model.forget_prompts()
        try:
            yield model
        finally:
            model.forget_prompts()


def measure_steering(
    model: Model,
    vector: SteeringVector,
    prompts: Sequence[str],
    *,
    toward: Sequence[str],
    away: Sequence[str],
    strengths: Sequence[float] = STRENGTHS,
) -> SteeringEffect:
    """What a direction does to prompts that had no part in making it.

    Args:
        model: The one that it was made on.
        vector: The direction.
        prompts: Held out.
        toward: Words that should become likelier; the first token of each counts.
        away: Words that should become rarer.
        strengths: Each is tried on every prompt.

    Returns:
        ``values[strength, prompt]``: the change in log-odds of ``toward`` against ``away``, nats.

    Raises:
        InputError: There is no prompt, word or strength, or a word stands on both sides.
    """
    import numpy as np

    if not prompts or not strengths:
        raise InputError("at least one prompt and one strength are needed")
    wanted = _word_ids(model, toward, away)
    reads = [read_text(model, prompt, what="a held-out prompt") for prompt in prompts]
    prepare_threads(model)

    anatomy = examine(model)
    plain = _next(anatomy, reads)
    odds = np.array([_odds(one, wanted) for one in plain])
    values, prices = [], []
    for strength in track(tuple(strengths), "steer", unit="strengths"):
        with steered(model, vector, strength=strength):
            found = _next(anatomy, reads)
        values.append(np.array([_odds(one, wanted) for one in found]) - odds)
        pairs = zip(found, plain, strict=True)
        prices.append([float((one.exp() * (one - before)).sum()) for one, before in pairs])
    return SteeringEffect(
        model=model.name,
        title=f"steering by {vector.reference}",
        values=np.stack(values),
        row_labels=tuple(f"{strength:g}" for strength in strengths),
        column_labels=tuple(prompts),
        rows="strength",
        columns="held-out prompt",
        unit="nats",
        centre=0.0,
        vector=vector.reference,
        layer=vector.layer,
        strengths=tuple(float(strength) for strength in strengths),
        toward=tuple(toward),
        away=tuple(away),
        divergence_nats=np.array(prices),
    )


def _vector(version: Any, numbers: np.ndarray) -> SteeringVector:
    record = version.record
    names = ("layer", "norm_share", "toward_texts", "away_texts", "pooling", "texts_sha256")
    return SteeringVector(
        reference=version.reference,
        model=record["model"],
        sha256=str(version.artifact_sha256),
        vector=numbers,
        **{name: record[name] for name in names},
    )


def _states(
    model: Model,
    anatomy: Anatomy,
    texts: Sequence[str],
    layer: int,
    pooling: Pooling,
    *,
    what: str,
) -> np.ndarray:
    """A state for each text, ``[texts, d]`` in float64."""
    reads = []
    for number, text in enumerate(texts):
        read = read_text(model, text, what=f"text {number + 1} of {what}")
        if len(read.ids) < 2:
            raise InputError(
                f"text {number + 1} of {what} has one token: the first is not counted",
                hint="write a sentence",
            )
        reads.append(read)
    return pool_states(anatomy, reads, layers=[layer], pooling=pooling, first_token=1)[0]


def _word_ids(
    model: Model, toward: Sequence[str], away: Sequence[str]
) -> tuple[list[int], list[int]]:
    if not toward or not away:
        raise InputError("words of both kinds are needed", hint='toward=[" good"], away=[" bad"]')
    likelier = [first_token(model, word, what="a word of `toward`") for word in toward]
    rarer = [first_token(model, word, what="a word of `away`") for word in away]
    if both := set(likelier) & set(rarer):
        raise InputError(f"{model.detokenize([both.pop()])!r} stands on both sides")
    return likelier, rarer


def _next(anatomy: Anatomy, reads: Sequence[ReadText]) -> list[torch.Tensor]:
    """Log-probabilities of the next token of each text."""
    import torch

    ids, mask = pad_rows([read.ids for read in reads])
    with torch.inference_mode():
        states = anatomy.module.base_model(
            input_ids=ids, attention_mask=mask, use_cache=False
        ).last_hidden_state  # through the final norm already
        last = states[range(len(reads)), mask.sum(dim=1) - 1]
        logits = anatomy.logits_of_normed(last).double()
    return list(torch.log_softmax(logits, dim=-1))


def _odds(logprobs: torch.Tensor, words: tuple[list[int], list[int]]) -> float:
    import torch

    likelier, rarer = (torch.logsumexp(logprobs[ids], dim=0) for ids in words)
    return float(likelier - rarer)
