"""What the methods give: tables of numbers with names at their sides, for whoever draws them.

A viewer that can draw a ``Grid`` can draw everything here that derives from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.viewers import Viewable

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, kw_only=True)
class Grid(Viewable):
    """``values`` ``[rows, columns]`` with a label for each side.

    ``rows`` and ``columns`` say what stands there (``layer``, ``token``). ``centre`` is the value
    that means nothing, for a diverging scale; None where values only grow. ``cell_texts`` is what
    to write in each cell, if not its number.
    """

    model: str
    title: str
    values: np.ndarray
    row_labels: tuple[str, ...]
    column_labels: tuple[str, ...]
    rows: str
    columns: str
    unit: str
    centre: float | None = None
    cell_texts: tuple[tuple[str, ...], ...] | None = None

    def cells(self) -> list[dict[str, Any]]:
        """A mapping for each cell, as charts and tables take them.

        ``row`` and ``column`` are labels made unique: a text has the same token more than once.
        """
        rows, columns = _unique(self.row_labels), _unique(self.column_labels)
        return [
            {"row": rows[row], "column": columns[column], "value": float(value)}
            for (row, column), value in _walk(self.values)
        ]


@dataclass(frozen=True, kw_only=True)
class LensReading(Grid):
    """What each layer would say next. ``values`` are KL(final layer || lens), in nats.

    A row is the stream after a layer, the first one the embedding. ``top_tokens`` and
    ``top_probabilities`` are the likeliest next token there. ``target_probabilities`` and
    ``target_ranks`` (1 is the likeliest) follow one token, if one was named.
    """

    lens: str
    tokens: tuple[str, ...]
    top_tokens: tuple[tuple[str, ...], ...]
    top_probabilities: np.ndarray
    target: str | None = None
    target_probabilities: np.ndarray | None = None
    target_ranks: np.ndarray | None = None


@dataclass(frozen=True, kw_only=True)
class PatchGrid(Grid):
    """How far a patch carries the answer from one prompt's to the other's.

    ``values`` is the share of the way: 0 where the patch did nothing, 1 where the logit difference
    became that of the prompt that the patch came from. ``clean_nats``, ``corrupted_nats`` are the
    logit differences of the prompts. ``resume_gap_nats`` is how far the run that starts in the
    middle was from a whole pass where nothing was patched. ``layer_tokens`` is the work that was
    done: tokens that went through a layer, summed over layers.
    """

    component: str
    direction: str
    clean: str
    corrupted: str
    answer: str
    wrong: str
    clean_nats: float
    corrupted_nats: float
    resume_gap_nats: float
    layer_tokens: int
    rows: str = "layer"
    unit: str = "share of the way"
    centre: float | None = 0.0


@dataclass(frozen=True, kw_only=True)
class DirectAttribution(Grid):
    """What each part writes directly into a logit difference, in nats, with every norm held.

    A row is a layer; the columns are its heads, the bias of its attention if it has one, and its
    MLP. ``embedding`` and ``bias`` are the rest of the sum. ``gap_nats`` is what the sum misses of
    ``difference_nats``, the logit difference of the model.
    """

    prompt: str
    answer: str
    wrong: str
    embedding: float
    bias: float
    total: float
    difference_nats: float
    gap_nats: float


@dataclass(frozen=True, kw_only=True)
class Rollout(Grid):
    """How much of each input token each token is made of after the last layer looked at."""

    tokens: tuple[str, ...]
    residual_share: float


@dataclass(frozen=True, kw_only=True)
class AttentionMaps(Viewable):
    """``values[layer, head, query, key]``: shares that sum to 1 over keys."""

    model: str
    tokens: tuple[str, ...]
    layers: tuple[int, ...]
    values: np.ndarray
    unit: str = "share of attention"

    def head(self, layer: int, head: int) -> Grid:
        """One head's map; ``layer`` is one of ``layers``."""
        return Grid(
            model=self.model,
            title=f"attention of layer {layer}, head {head}",
            values=self.values[self.layers.index(layer), head],
            row_labels=self.tokens,
            column_labels=self.tokens,
            rows="query",
            columns="key",
            unit=self.unit,
        )


@dataclass(frozen=True, kw_only=True)
class ProbeReading(Grid):
    """A probe at each layer, beside one on labels that mean nothing.

    ``values[layer]`` is the accuracy on held-out items of the task, of the control task (the mean
    over its draws) and their difference, the selectivity. ``control_low`` and ``control_high`` are
    the least and the most of the draws, ``control_training`` the control's accuracy on what it was
    trained on: what the probe could learn by heart. ``chance`` is that of the control.
    """

    labels: tuple[str, ...]
    train_items: int
    test_items: int
    split: str
    chance: float
    chance_error: float
    control_low: tuple[float, ...]
    control_high: tuple[float, ...]
    control_training: tuple[float, ...]
    controls: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class SteeringEffect(Grid):
    """What a steering vector does to held-out prompts, by strength.

    ``values[strength, prompt]`` is the change, in nats, of the log-odds of the words that it should
    make likelier against those that it should make rarer. ``divergence_nats`` is KL(steered ||
    plain) of the next token, the price.
    """

    vector: str
    layer: int
    strengths: tuple[float, ...]
    toward: tuple[str, ...]
    away: tuple[str, ...]
    divergence_nats: np.ndarray


@dataclass(frozen=True, kw_only=True)
class TopText:
    """One text in which a neuron was active: where most, and how much."""

    text_number: int
    text: str
    tokens: tuple[str, ...]
    position: int
    activation: float


@dataclass(frozen=True, kw_only=True)
class Neuron(Viewable):
    """A neuron and the texts that make it most active, the strongest first."""

    model: str
    layer: int
    neuron: int
    texts_seen: int
    top: tuple[TopText, ...]
    promotes: tuple[str, ...] = ()
    unit: str = "activation"


def _unique(labels: Sequence[str]) -> list[str]:
    if len(set(labels)) == len(labels):
        return list(labels)
    return [f"{place} {label.strip()}" for place, label in enumerate(labels)]


def _walk(values: Any) -> Iterator[tuple[tuple[int, int], Any]]:
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            yield (row, column), value
