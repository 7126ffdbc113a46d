"""A small classifier of pictures as a pupil: two hidden layers, one head for all tasks."""

from __future__ import annotations

import contextlib
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError
from workbench.core.optional import require
from workbench.core.seeds import derive_seed
from workbench.finetuning.continual.digit_streams import Digit
from workbench.finetuning.continual.pupil import Weights, put_weights, take_weights
from workbench.finetuning.training.loop import train
from workbench.finetuning.training.objective import Objective, Outputs
from workbench.finetuning.training.recipe import Recipe

if TYPE_CHECKING:
    import numpy as np
    import torch

CLASSES = 10
_HIDDEN = 256
_LAYERS = ("first", "second", "head")


@dataclass(frozen=True)
class Schooling:
    """How a classifier learns a task; the same for all methods."""

    epochs: float = 5.0
    batch: int = 32
    learning_rate: float = 1e-3
    adapter_rank: int = 8


@dataclass(frozen=True)
class DigitBatch:
    """Pictures ``[n, 64]``, each with its class, its place and its weight ``[n]``."""

    examples: tuple[Digit, ...]
    pixels: torch.Tensor
    targets: torch.Tensor
    rows: torch.Tensor
    weights: torch.Tensor

    @property
    def tokens(self) -> int:
        """What the loop counts: pictures."""
        return len(self.examples)


class ClassLoss:
    """The cross-entropy of the right classes; see ``training.objective.Objective``."""

    def weigh(self, batch: Any) -> float:
        """How many pictures there are."""
        return float(len(batch.examples))

    def __call__(self, module: torch.nn.Module, batch: Any) -> tuple[torch.Tensor, Outputs]:
        """The sum over the batch, and what the module said."""
        outputs = _compute(module, batch)
        return outputs.losses_nats.sum(), outputs


class Classifier:
    """See ``Pupil``. With ``adapter`` its first weights are frozen and LoRA learns on them."""

    classes: int | None = CLASSES

    def __init__(self, *, seed: int, schooling: Schooling, adapter: bool = False) -> None:
        import torch

        torch.manual_seed(derive_seed(seed, "classifier"))
        self.schooling, self._config = schooling, None
        self.objective: Objective = ClassLoss()
        self.module: torch.nn.Module = _make_network()
        if adapter:
            peft = require("peft", extra="finetuning")
            rank = schooling.adapter_rank
            self._config = peft.LoraConfig(
                r=rank, lora_alpha=2 * rank, target_modules=list(_LAYERS), bias="none"
            )
            self.module = peft.get_peft_model(self.module, self._config)
        self._first = take_weights(self.module)

    def collate(self, examples: Sequence[Digit]) -> DigitBatch:
        """See ``Pupil``."""
        import numpy as np
        import torch

        return DigitBatch(
            tuple(examples),
            torch.from_numpy(np.stack([each.pixels for each in examples])),
            torch.tensor([each.label for each in examples]),
            torch.arange(len(examples)),
            torch.ones(len(examples)),
        )

    def compute(self, module: Any, batch: Any) -> Outputs:
        """See ``Pupil``."""
        return _compute(module, batch)

    def train(self, examples: Sequence[Digit], *, seed: int, extra_loss: Any) -> None:
        """See ``Pupil``."""
        plan = self.schooling
        recipe = Recipe(
            learning_rate=plan.learning_rate,
            schedule="constant",
            warmup_share=0.0,
            batch=plan.batch,
            epochs=plan.epochs,
            seed=seed,
        )
        batches: Any = _draw_batches(self, examples, plan.batch, seed)
        steps = math.ceil(plan.epochs * len(examples) / plan.batch)
        with _without_denormals():
            train(
                self.module,
                batches,
                recipe,
                steps=steps,
                objective=self.objective,
                extra_loss=extra_loss,
            )

    def measure(self, tests: Sequence[Digit]) -> float:
        """See ``Pupil``."""
        import torch

        batch = self.collate(tests)
        with torch.no_grad():
            said = self.module(batch.pixels).argmax(dim=1)
        return float((said == batch.targets).float().mean())

    def describe(self, examples: Sequence[Digit]) -> np.ndarray:
        """See ``Pupil``: the pixels."""
        import numpy as np

        pixels = np.stack([each.pixels for each in examples])
        scaled: np.ndarray = pixels / np.linalg.norm(pixels, axis=1, keepdims=True).clip(1e-12)
        return scaled

    def describe_everyday(self) -> None:
        """See ``Pupil``: there are no digits that belong to no task."""

    def add_adapter(self, name: str) -> None:
        """See ``Pupil``."""
        stack_adapter(self.module, name, self._config)

    def read_deltas(self) -> Weights:
        """See ``Pupil``. All weights, for a classifier without an adapter learns with all."""
        return {name: each - self._first[name] for name, each in take_weights(self.module).items()}

    def write_deltas(self, deltas: Mapping[str, torch.Tensor]) -> None:
        """See ``Pupil``."""
        put_weights(self.module, {name: self._first[name] + each for name, each in deltas.items()})


def stack_adapter(module: Any, name: str, config: Any) -> None:
    """Add an adapter that learns to a module of PEFT's, freeze the others; all of them act.

    Raises:
        CapabilityError: The module has no adapter.
    """
    if config is None or not hasattr(module, "add_adapter"):
        raise CapabilityError("the module has no adapter to stack another on", hint=None)
    module.add_adapter(name, config)
    module.base_model.set_adapter(list(module.peft_config))
    for parameter_name, parameter in module.named_parameters():
        parameter.requires_grad_(f".{name}." in parameter_name)


@contextlib.contextmanager
def _without_denormals() -> Iterator[None]:
    """Numbers next to zero are zero: what is known by heart has such gradients, and is slow."""
    import torch

    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def _make_network() -> torch.nn.Module:
    from collections import OrderedDict

    from torch import nn

    return nn.Sequential(
        OrderedDict(
            first=nn.Linear(64, _HIDDEN),
            first_relu=nn.ReLU(),
            second=nn.Linear(_HIDDEN, _HIDDEN),
            second_relu=nn.ReLU(),
            head=nn.Linear(_HIDDEN, CLASSES),
        )
    )


def _compute(module: Any, batch: Any) -> Outputs:
    import torch

    logits = module(batch.pixels)
    losses = torch.nn.functional.cross_entropy(logits, batch.targets, reduction="none")
    return Outputs(logits, losses)


def _draw_batches(
    pupil: Classifier, examples: Sequence[Digit], size: int, seed: int
) -> Iterator[DigitBatch]:
    """Batches without end, each epoch in an order of its own; the last of an epoch is smaller."""
    order = random.Random(derive_seed(seed, "order"))
    while True:
        epoch = order.sample(list(examples), len(examples))
        for start in range(0, len(epoch), size):
            yield pupil.collate(epoch[start : start + size])
