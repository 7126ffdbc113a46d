"""How a model is taught: every choice of a run in one frozen record, and the presets."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import InputError, NotFoundError

METHODS = ("lora", "dora", "rslora", "full")
SCHEDULES = ("linear", "cosine", "constant")
PRECISIONS = ("auto", "bf16", "fp32")
LINEAR_MAPS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@dataclass(frozen=True)
class Recipe:
    """Every choice of a training run.

    A step learns from ``batch`` times ``accumulation`` examples; the run ends after ``steps``
    steps or ``epochs`` passes over the data, whichever is first. ``layers`` are the last so many
    that get an adapter, None for all. ``method`` ``full`` trains the weights themselves.
    ``pack_tokens`` is the length up to which examples are laid side by side, 0 for never.
    ``precision`` is that of the frozen base. With ``patience`` the run ends after so many
    evaluations without a better one, and gives the best weights. The last rows' ``samples``
    answers are shown at each evaluation. ``anchors`` dialogues beside each batch hold the model
    to its base (see ``anchoring``); without them it forgets much of what it knew. Of the rows that
    are drawn once they are learnt, the share ``rewordings`` stands in other words (``rewording``).
    """

    method: str = "lora"
    rank: int = 16
    alpha: float = 32.0
    dropout: float = 0.0
    targets: tuple[str, ...] = LINEAR_MAPS
    layers: int | None = None
    learning_rate: float = 1e-3
    schedule: str = "linear"
    warmup_share: float = 0.03
    batch: int = 8
    accumulation: int = 1
    steps: int | None = None
    epochs: float | None = 3.0
    max_tokens: int = 1024
    precision: str = "auto"
    checkpointing: bool = False
    pack_tokens: int = 512
    clip_norm: float = 1.0
    weight_decay: float = 0.0
    evaluate_every_steps: int = 0
    patience: int = 0
    samples: int = 0
    checkpoint_every_steps: int = 0
    checkpoint_every_s: float = 30.0
    anchors: int = 0
    anchor_weight: float = 1.0
    rewordings: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, allowed in (
            ("method", METHODS),
            ("schedule", SCHEDULES),
            ("precision", PRECISIONS),
        ):
            if getattr(self, name) not in allowed:
                raise InputError(
                    f"{name} is {getattr(self, name)!r}; allowed are {', '.join(allowed)}",
                    hint=f"{name}={allowed[0]!r}",
                )
        for name, low, high in _LIMITS:
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and low <= value <= high):
                nearest = high if value > high else low
                raise InputError(
                    f"{name} is {value!r}; it must be from {_bound(low)} to {_bound(high)}",
                    hint=f"{name}={_bound(nearest)}",
                )
        if self.steps is None and self.epochs is None:
            raise InputError("the recipe has no end", hint="give steps or epochs")
        if not self.targets and self.method != "full":
            raise InputError("the recipe names no maps to adapt", hint=f"targets={LINEAR_MAPS}")

    @property
    def examples_a_step(self) -> int:
        """How many examples one step learns from."""
        return self.batch * self.accumulation

    def count_steps(self, examples: int) -> int:
        """The steps of a run over so many examples.

        Of fewer than a batch each step reads all: an epoch is then a step, not a part of one.
        """
        ends = [] if self.steps is None else [self.steps]
        if self.epochs is not None:
            read = max(1, min(self.batch, examples)) * self.accumulation
            ends.append(max(1, math.ceil(self.epochs * examples / read)))
        return min(ends)

    def learning_rate_at(self, step: int, steps: int) -> float:
        """The learning rate of one step, the first being 0.

        It rises linearly over the warm-up; then it falls to 0, linearly or as half a cosine
        (arXiv:1608.03983), or stays.
        """
        warmup = math.ceil(self.warmup_share * steps)
        if step < warmup:
            return self.learning_rate * (step + 1) / (warmup + 1)
        done = (step - warmup) / max(1, steps - warmup)
        if self.schedule == "linear":
            return self.learning_rate * (1 - done)
        if self.schedule == "cosine":
            return self.learning_rate * 0.5 * (1 + math.cos(math.pi * done))
        return self.learning_rate


def _bound(value: float) -> str:
    """A bound as one types it: whole numbers with all their digits."""
    return f"{value:d}" if isinstance(value, int) else f"{value:g}"


# Name, least, most.
_LIMITS: tuple[tuple[str, float, float], ...] = (
    ("rank", 1, 1024),
    ("alpha", 1e-6, 1e6),
    ("dropout", 0, 0.9),
    ("layers", 1, 10_000),
    ("learning_rate", 1e-9, 10),
    ("warmup_share", 0, 1),
    ("batch", 1, 65_536),
    ("accumulation", 1, 65_536),
    ("steps", 1, 10_000_000),
    ("epochs", 1e-6, 1e6),
    ("max_tokens", 2, 1 << 24),
    ("pack_tokens", 0, 1 << 20),
    ("clip_norm", 0, 1e9),
    ("weight_decay", 0, 10),
    ("evaluate_every_steps", 0, 10_000_000),
    ("patience", 0, 1_000_000),
    ("samples", 0, 64),
    ("checkpoint_every_steps", 0, 10_000_000),
    ("checkpoint_every_s", 0, 1e9),
    ("anchors", 0, 1024),
    ("anchor_weight", 0, 1e3),
    ("rewordings", 0, 1),
    ("seed", 0, 2**53),
)

PRESETS: dict[str, Recipe] = {
    "fast-cpu": Recipe(
        rank=16,
        alpha=32.0,
        learning_rate=2e-3,
        batch=12,
        epochs=12.0,
        steps=300,
        max_tokens=512,
    ),
    # As fast-cpu, for a few dozen rows with several phrasings of each answer: smaller steps, and
    # later ones in other words, so that strange wordings find their answer (lab log).
    "facts": Recipe(
        rank=16,
        alpha=32.0,
        learning_rate=2e-3,
        batch=6,
        epochs=12.0,
        steps=600,
        max_tokens=512,
        rewordings=0.6,
    ),
    # As fast-cpu, but what the model knew stays: anchors take half as much time again, and the
    # new facts some passes more.
    "steady": Recipe(
        rank=16,
        alpha=32.0,
        learning_rate=2e-3,
        batch=12,
        epochs=18.0,
        steps=400,
        max_tokens=512,
        anchors=4,
    ),
    "quality": Recipe(
        rank=32,
        alpha=64.0,
        dropout=0.05,
        learning_rate=5e-4,
        schedule="cosine",
        batch=16,
        epochs=20.0,
        steps=2000,
        evaluate_every_steps=25,
        patience=4,
        samples=2,
        anchors=8,
    ),
}


# Leaving the reference is quick to go too far: a tenth of the rate at which answers are learnt.
PREFERENCES = Recipe(rank=16, alpha=32.0, learning_rate=2e-4, batch=8, epochs=5.0, max_tokens=512)


def find_preset(name: str, **changes: Any) -> Recipe:
    """A preset, with what differs from it.

    Args:
        name: ``fast-cpu``, ``facts``, ``steady`` or ``quality``.
        changes: Fields of the recipe; None leaves the preset's.

    Raises:
        NotFoundError: There is no such preset.
        InputError: A value is not allowed.
    """
    if name not in PRESETS:
        raise NotFoundError.among("preset", name, PRESETS, hint="workbench finetuning presets")
    given = {key: value for key, value in changes.items() if value is not None}
    return dataclasses.replace(PRESETS[name], **given)


def read_recipe(plain: Mapping[str, Any]) -> Recipe:
    """A recipe from its plain form, as a record keeps it."""
    known = {field.name for field in dataclasses.fields(Recipe)}
    odd = sorted(set(plain) - known)
    if odd:
        raise InputError(f"a recipe has no {odd[0]!r}", hint="workbench finetuning presets")
    return Recipe(**{**plain, "targets": tuple(plain.get("targets", LINEAR_MAPS))})
