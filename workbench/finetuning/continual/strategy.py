"""How a sequence is learnt: one protocol, and the methods by their names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError, NotFoundError
from workbench.finetuning.continual.pupil import Pupil
from workbench.finetuning.training.objective import Outputs

if TYPE_CHECKING:
    import torch

_HERE = "workbench.finetuning.continual"
# Name to module and class; the order is that of tables.
METHODS = {
    "naive": ("strategy", "Strategy"),
    "replay": ("replay", "Replay"),
    "derpp": ("derpp", "DarkExperienceReplay"),
    "ewc": ("ewc", "ElasticWeights"),
    "lwf": ("lwf", "LearningWithoutForgetting"),
    "rehearsal": ("rehearsal", "Rehearsal"),
    "olora": ("olora", "OrthogonalLora"),
    "ties": ("merging", "TiesAdapters"),
    "dare": ("merging", "DareAdapters"),
    "svd": ("merging", "SvdAdapters"),
    "routed": ("routed", "RoutedAdapters"),
}


@dataclass(frozen=True)
class Settings:
    """What the methods are set to; each reads its own.

    Attributes:
        memory: Examples that replay and DER++ may keep, the same for both.
        memory_batch: How many of them join each step; DER++ draws twice so many times.
        alpha: DER++: weight of the stored logits.
        beta: DER++: weight of the stored answers.
        top_k: DER++: logits kept for each token of a language model.
        ewc_strength: EWC: lambda.
        fisher_examples: EWC: examples of a task that its Fisher is estimated from.
        distillation: LwF and rehearsal: weight of the teacher.
        temperature: LwF and rehearsal: both distributions are softened by it.
        orthogonality: O-LoRA: lambda 1.
        density: TIES and DARE: the share of each change that is kept.
        scale: TIES and DARE: what the merged change is multiplied with.
        merged_rank: SVD: the rank of what is left.
    """

    memory: int = 200
    memory_batch: int = 32
    alpha: float = 0.5
    beta: float = 1.0
    top_k: int = 32
    ewc_strength: float = 100.0
    fisher_examples: int = 200
    distillation: float = 1.0
    temperature: float = 2.0
    orthogonality: float = 0.5
    density: float = 0.2
    scale: float = 1.0
    merged_rank: int = 16

    def __post_init__(self) -> None:
        for name in ("memory", "memory_batch", "top_k", "fisher_examples", "merged_rank"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        if not 0 < self.density <= 1:
            raise InputError(f"density is {self.density}; it must be above 0 and at most 1")
        if not self.temperature > 0:
            raise InputError(f"temperature is {self.temperature}; it must be above 0")


class Strategy:
    """How a sequence is learnt; as it stands, the naive way: nothing is done against forgetting.

    A method overrides what it needs. It belongs to one pupil and one sequence.

    Attributes:
        needs_adapter: It works on adapters, so also a classifier learns through one.
        memory_size: How many examples of earlier tasks it holds.
    """

    needs_adapter = False

    def __init__(self, pupil: Pupil, settings: Settings, *, seed: int) -> None:
        self.pupil, self.settings, self.seed = pupil, settings, seed

    @property
    def memory_size(self) -> int:
        """How many examples of earlier tasks are kept."""
        return 0

    def begin_task(self, number: int, examples: Sequence[Any]) -> None:
        """Before a task is learnt; the first is number 0."""

    def extra_loss(self, module: torch.nn.Module, batch: Any, outputs: Outputs) -> torch.Tensor:
        """What is added to the mean loss of each batch, a scalar; called once a batch."""
        return outputs.logits.new_zeros(())

    def end_task(self, number: int, examples: Sequence[Any]) -> None:
        """After a task was learnt, before it is measured."""

    def measure(self, tests: Sequence[Any]) -> float:
        """The share of tests that are answered rightly; nobody says of which task they are."""
        return self.pupil.measure(tests)

    def answer(self, asked: Sequence[Any]) -> list[str]:
        """The greedy answers to questions; only a language model has any."""
        said: list[str] = getattr(self.pupil, "answer")(asked)  # noqa: B009
        return said


def find_method(name: str) -> Callable[..., Strategy]:
    """The class of a method.

    Raises:
        NotFoundError: There is none of that name.
    """
    if name not in METHODS:
        raise NotFoundError.among("method", name, METHODS, hint="workbench finetuning continual -h")
    module, kind = METHODS[name]
    found: Callable[..., Strategy] = getattr(import_module(f"{_HERE}.{module}"), kind)
    return found
