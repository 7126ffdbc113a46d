"""Activation patching: which part of a run on one prompt carries the answer into another.

Vig et al. 2020, Investigating Gender Bias in Language Models Using Causal Mediation Analysis,
section 3; Meng et al. 2022, Locating and Editing Factual Associations in GPT, section 2. Words and
metric after Heimersheim and Nanda 2024, How to use and interpret activation patching.

A plain loop runs the model once for each place. Here a place costs what it changes: rows that were
patched at lower layers go up together, each new layer adds its own, tokens before the place are
not computed (``resuming``), and only two rows of the unembedding are read. Where both prompts are
the same up to a token, so are all states before it, and a patch there is none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError
from workbench.core.progress import Progress, progress
from workbench.interpretability.inside.anatomy import Anatomy, Site, examine
from workbench.interpretability.inside.reading import (
    ReadText,
    find_position,
    prepare_threads,
    read_text,
    two_answers,
)
from workbench.interpretability.inside.recording import Recording, changed, recorded
from workbench.interpretability.inside.results import PatchGrid
from workbench.interpretability.inside.resuming import KnownRun
from workbench.interpretability.reading_limit import MOST_TOKENS, Cost, refuse_costly

if TYPE_CHECKING:
    import numpy as np
    import torch

    from workbench.models.model import Model

Component = Literal["residual", "attention", "mlp", "heads"]
Direction = Literal["denoise", "noise"]
COMPONENTS: tuple[Component, ...] = ("residual", "attention", "mlp", "heads")
LEAST_DIFFERENCE_NATS = 0.5
BATCH_TOKENS = 2048


@dataclass(frozen=True)
class _Place:
    """One patch: a layer, the tokens and, for heads, the part of the width that is replaced."""

    row: int
    column: int
    layer: int
    positions: tuple[int, ...]
    begin: int = 0
    end: int | None = None


def patch_grid(
    model: Model,
    clean: str,
    *,
    corrupted: str,
    answer: str,
    wrong: str,
    component: Component = "residual",
    layers: Sequence[int] | None = None,
    positions: Sequence[int | str] | None = None,
    direction: Direction = "denoise",
    batch_tokens: int = BATCH_TOKENS,
    most_tokens: int = MOST_TOKENS,
) -> PatchGrid:
    """Patch each place of one run into the other and see how far the answer follows.

    Args:
        model: A causal model on ``engine="transformers"``.
        clean: The prompt that ``answer`` belongs to.
        corrupted: The prompt that ``wrong`` belongs to, with as many tokens.
        answer: What follows the clean prompt; its first token counts.
        wrong: What follows the corrupted prompt.
        component: ``residual`` (the stream after a layer), ``attention`` or ``mlp`` (what they
            add), a column for each token; or ``heads``, a column for each head, patched at all
            ``positions`` at once.
        layers: Which; all by default.
        positions: Which tokens, by number or text; all by default.
        direction: ``denoise`` puts states of the clean run into the corrupted one, ``noise`` the
            other way round.
        batch_tokens: Most tokens that go through a layer at a time, which bounds the memory.
        most_tokens: What would have the model read more tokens in all is refused.

    Returns:
        ``values[layer, column]``: the share of the way from the logit difference of the prompt
        that was patched to that of the other.

    Raises:
        InputError: A prompt is empty, they have different numbers of tokens or none that differs,
            a layer or position is not there, or the model tells the two apart by less than
            0.5 nats, so that there is no way to have a share of.
        CapabilityError: The engine has no module, or the model is an encoder.
        CapacityError: It would have the model read more than ``most_tokens``.
    """
    _check_choices(component, direction, batch_tokens)
    anatomy = examine(model)
    pair = _read_pair(model, clean, corrupted)
    tokens = two_answers(model, answer, wrong)
    rows = anatomy.check_layers(layers)
    columns = _columns(pair[0], positions)
    places = _places(anatomy, component, rows, columns, first=_first_difference(*pair))
    _refuse_expensive(anatomy, component, places, len(pair[0].ids), most_tokens)
    prepare_threads(model)
    texts = pair[::-1] if direction == "denoise" else pair
    base = KnownRun(anatomy, texts[0].tensor())
    source, source_logits = _record_source(anatomy, texts[1], component, rows)
    base_nats, source_nats = (_difference(r, tokens) for r in (base.last_logits, source_logits))
    _check_told_apart(model.name, answer, wrong, base_nats, source_nats)
    _check_base(base, component, places, most_tokens)
    run = _Grid(base, source, component, tokens, batch_tokens)
    labels = _column_labels(anatomy, component, pair, columns)
    patched = run.fill((len(rows), len(labels)), places)
    return PatchGrid(
        model=model.name,
        title=f"patching {component}: {answer.strip()} or {wrong.strip()}",
        values=(patched - base_nats) / (source_nats - base_nats),
        row_labels=tuple(str(layer) for layer in rows),
        column_labels=labels,
        columns="head" if component == "heads" else "token",
        component=component,
        direction=direction,
        clean=clean,
        corrupted=corrupted,
        answer=answer,
        wrong=wrong,
        clean_nats=source_nats if texts[1] is pair[0] else base_nats,
        corrupted_nats=base_nats if texts[1] is pair[0] else source_nats,
        resume_gap_nats=base.gap,
        layer_tokens=run.layer_tokens,
    )


def _check_choices(component: str, direction: str, batch_tokens: int) -> None:
    if component not in COMPONENTS:
        raise InputError(
            f"component {component!r} is not one of {', '.join(COMPONENTS)}",
            hint="component='residual'",
        )
    if direction not in ("denoise", "noise"):
        raise InputError(f"direction {direction!r} is not denoise or noise")
    if batch_tokens < 1:
        raise InputError(f"batch_tokens is {batch_tokens}; it must be at least 1")


def _read_pair(model: Model, clean: str, corrupted: str) -> tuple[ReadText, ReadText]:
    first = read_text(model, clean, what="the clean prompt")
    second = read_text(model, corrupted, what="the corrupted prompt")
    if len(first.ids) != len(second.ids):
        raise InputError(
            f"the clean prompt has {len(first.ids)} tokens and the corrupted one "
            f"{len(second.ids)}; a state has its place only if they are as long",
            hint="the clean one is " + "|".join(first.tokens),
        )
    if first.ids == second.ids:
        raise InputError("both prompts are the same tokens: there is nothing to patch")
    return first, second


def _first_difference(clean: ReadText, corrupted: ReadText) -> int:
    pairs = enumerate(zip(clean.ids, corrupted.ids, strict=True))
    return next(place for place, (one, other) in pairs if one != other)


def _record_source(
    anatomy: Anatomy, read: ReadText, site: Site, layers: Sequence[int]
) -> tuple[Recording, torch.Tensor]:
    import torch

    with recorded(anatomy, [site], layers=layers) as kept, torch.inference_mode():
        result = anatomy.module(input_ids=read.tensor(), use_cache=False, logits_to_keep=1)
    return kept, result.logits[0, -1].float()


def _difference(logits: torch.Tensor, tokens: tuple[int, int]) -> float:
    return float(logits[tokens[0]] - logits[tokens[1]])


def _check_told_apart(
    model: str, answer: str, wrong: str, base_nats: float, source_nats: float
) -> None:
    if abs(source_nats - base_nats) < LEAST_DIFFERENCE_NATS:
        raise InputError(
            f"{model} hardly tells the prompts apart: the logit difference of {answer!r} and "
            f"{wrong!r} is {base_nats:.2f} nats after one and {source_nats:.2f} after the other",
            hint="choose a fact that the model knows",
        )


def _columns(read: ReadText, positions: Sequence[int | str] | None) -> tuple[int, ...]:
    if positions is None:
        return tuple(range(len(read.ids)))
    if not positions:
        raise InputError("no position was named", hint="leave `positions` out for all of them")
    return tuple(sorted({find_position(read, wanted) for wanted in positions}))


def _places(
    anatomy: Anatomy,
    component: Component,
    layers: Sequence[int],
    columns: Sequence[int],
    *,
    first: int,
) -> list[_Place]:
    """The patches that can do anything: from the first token on that differs."""
    reached = tuple(position for position in columns if position >= first)
    if component != "heads":
        return [
            _Place(row, columns.index(position), layer, (position,))
            for position in reached
            for row, layer in enumerate(layers)
        ]
    if not reached:
        return []
    mixer = anatomy.site(layers[0], "heads")
    size = int(getattr(mixer, "in_features", 0) or mixer.weight.shape[0]) // anatomy.heads
    return [
        _Place(row, head, layer, reached, head * size, (head + 1) * size)
        for row, layer in enumerate(layers)
        for head in range(anatomy.heads)
    ]


def _refuse_expensive(
    anatomy: Anatomy,
    component: Component,
    places: Sequence[_Place],
    tokens: int,
    most_tokens: int,
    *,
    whole: bool = False,
) -> Cost:
    """What the patches have the model read, if it is within ``most_tokens``.

    A patch takes the tokens from where it begins (all of them, if ``whole``) through the layers
    above it: that part of the model is what it counts as. Three passes more are for the two prompts
    and the check.

    Raises:
        CapacityError: It is not.
    """
    below = 1 if component == "residual" else 0  # the layer itself is not run again
    work = sum(
        (tokens - (0 if whole else place.positions[0])) * (anatomy.layers - below - place.layer)
        for place in places
    )
    cost = Cost(len(places) + 3, math.ceil(work / anatomy.layers) + 3 * tokens)
    return refuse_costly(
        cost,
        what=f"patching {len(places):,} places",
        reads=f"{cost.prompts:,} prompts of {tokens:,} tokens, or parts of them",
        instead="fewer layers or positions, shorter prompts",
        most_tokens=most_tokens,
    )


def _check_base(
    base: KnownRun, component: Component, places: Sequence[_Place], most_tokens: int
) -> None:
    """Try that the base can be gone on from; count anew where all its tokens have to come along."""
    base.check(min((place.positions[0] for place in places), default=0))
    if base.whole:
        _refuse_expensive(base.anatomy, component, places, base.tokens, most_tokens, whole=True)


def _column_labels(
    anatomy: Anatomy,
    component: Component,
    pair: tuple[ReadText, ReadText],
    columns: Sequence[int],
) -> tuple[str, ...]:
    if component == "heads":
        return tuple(str(head) for head in range(anatomy.heads))
    both = [(pair[0].tokens[place], pair[1].tokens[place]) for place in columns]
    return tuple(one if one == other else f"{one}/{other}" for one, other in both)


class _Grid:
    """The patches of one grid, carried up through the layers together."""

    def __init__(
        self,
        base: KnownRun,
        source: Recording,
        site: Site,
        tokens: tuple[int, int],
        batch_tokens: int,
    ) -> None:
        self._base, self._source, self._site = base, source, site
        self._tokens, self._batch_tokens = tokens, batch_tokens
        self.layer_tokens = 0

    def fill(self, shape: tuple[int, int], places: Sequence[_Place]) -> np.ndarray:
        """Logit differences ``[rows, columns]``; where there is no place, that of the base."""
        import numpy as np

        values = np.full(shape, _difference(self._base.last_logits, self._tokens))
        batches = [(start, part) for start, part in self._batches(places)]
        with progress("patch", total=len(places), unit="places") as task:
            for start, batch in batches:
                found = self._carry(batch, start, task)
                for place, value in zip(batch, found, strict=True):
                    values[place.row, place.column] = value
        return values

    def _batches(self, places: Sequence[_Place]) -> list[tuple[int, list[_Place]]]:
        """Places that begin at the same token, by layer, as many as may go together."""
        by_start: dict[int, list[_Place]] = {}
        for place in places:
            by_start.setdefault(0 if self._base.whole else place.positions[0], []).append(place)
        batches = []
        for start, group in by_start.items():
            most = max(1, self._batch_tokens // (self._base.tokens - start))
            group.sort(key=lambda place: place.layer)
            batches += [(start, group[at : at + most]) for at in range(0, len(group), most)]
        return batches

    def _carry(self, batch: Sequence[_Place], start: int, task: Progress) -> list[float]:
        """The logit difference of each place, in the order of the batch."""
        import torch

        base = self._base
        waiting = list(batch)
        with torch.inference_mode():
            states = base.inputs[0][:0, start:]
            for layer in range(batch[0].layer, base.anatomy.layers):
                check_cancelled()
                count = next(
                    (at for at, place in enumerate(waiting) if place.layer != layer), len(waiting)
                )
                fresh, waiting = waiting[:count], waiting[count:]
                states = self._layer(layer, states, fresh, start)
            logits = base.anatomy.readout(states[:, -1], tokens=self._tokens).float()
        task.advance(len(batch))
        return [float(row[0] - row[1]) for row in logits]

    def _layer(
        self, layer: int, states: torch.Tensor, fresh: Sequence[_Place], start: int
    ) -> torch.Tensor:
        """Rows that are under way go through a layer, and those patched in it join them."""
        import torch

        base = self._base
        if not fresh or self._site == "residual":
            if len(states):
                self.layer_tokens += states.shape[0] * states.shape[1]
                states = base.step(layer, states, start=start)
            if not fresh:
                return states
            joining = base.state_after(layer)[:, start:].expand(len(fresh), -1, -1)
            return torch.cat([states, self._patched(joining, layer, fresh, start)])
        joining = base.inputs[layer][:, start:].expand(len(fresh), -1, -1)
        rows = torch.cat([states, joining])
        self.layer_tokens += rows.shape[0] * rows.shape[1]

        def patch(state: torch.Tensor) -> torch.Tensor:
            old = len(state) - len(fresh)
            return torch.cat([state[:old], self._patched(state[old:], layer, fresh, start)])

        with changed(base.anatomy, self._site, layer, patch):
            return base.step(layer, rows, start=start)

    def _patched(
        self, states: torch.Tensor, layer: int, fresh: Sequence[_Place], start: int
    ) -> torch.Tensor:
        states = states.clone()
        source = self._source[self._site, layer][0]
        for row, place in enumerate(fresh):
            at, width = list(place.positions), slice(place.begin, place.end)
            states[row, [position - start for position in at], width] = source[at, width]
        return states
