"""Where a step's work is done: in this process alone, or shared out among several.

The loop says what a step is; how its gradient comes about, what its norm is and where the weights
stand is asked of a ``Parallel``. ``Alone`` is one process; the others are in ``distributed``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from workbench.finetuning.training import checkpoints
from workbench.finetuning.training.keeping import FileKeeper, Keeper
from workbench.finetuning.training.objective import Objective, Outputs, casting

if TYPE_CHECKING:
    import torch

    from workbench.finetuning.training.batches import Batch

T = TypeVar("T")


class ExtraLoss(Protocol):
    """What a method of continual learning adds to the loss of a batch."""

    def __call__(self, module: torch.nn.Module, batch: Batch, outputs: Outputs) -> torch.Tensor:
        """A scalar in nats an answer token, with its gradient."""
        ...


class Parallel(Protocol):
    """How a step is computed, and where what it changes stands.

    Every process of a run calls the same in the same order: what one alone calls, it waits for.
    """

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes and tells."""
        ...

    @property
    def is_settled(self) -> bool:
        """Whether the weights are the same in every process: else a run is not saved, held or
        stopped yet, and says the loss of the first process's rows."""
        ...

    def end_step(self, module: torch.nn.Module, *, is_last: bool) -> None:
        """Bring together what is left to be, after the optimiser's step."""
        ...

    def learn(
        self,
        module: torch.nn.Module,
        parts: Sequence[Batch],
        objective: Objective,
        extra_loss: ExtraLoss | None,
        *,
        whole: float,
    ) -> tuple[float, float]:
        """Add the gradient of a step's batches, a mean over the weight ``whole`` of all of them.

        Returns:
            The loss of the step and its extra loss, the same in every process.
        """
        ...

    def clip(self, trained: Sequence[torch.nn.Parameter], most: float) -> float:
        """Shorten the gradient to a norm of at most ``most``, 0 for never; its norm before."""
        ...

    def agree(self, said: T) -> T:
        """What the first process said."""
        ...

    def draw_apart(self) -> None:
        """Let the random generators, which were set alike, draw for this process alone."""
        ...

    def take_weights(self, module: torch.nn.Module) -> dict[str, torch.Tensor]:
        """A copy of what is trained, whole, in the first process; nothing in the others."""
        ...

    def put_weights(self, module: torch.nn.Module, weights: Mapping[str, torch.Tensor]) -> None:
        """Set what is trained from what the first process has."""
        ...

    def make_keeper(self, folder: Path, key: str) -> Keeper:
        """What keeps the run's state in a folder; ``key`` as in ``checkpoints``."""
        ...


class Alone:
    """One process: see ``Parallel``."""

    is_first = is_settled = True

    def end_step(self, module: torch.nn.Module, *, is_last: bool) -> None:
        """See ``Parallel``."""

    def learn(
        self,
        module: torch.nn.Module,
        parts: Sequence[Batch],
        objective: Objective,
        extra_loss: ExtraLoss | None,
        *,
        whole: float,
    ) -> tuple[float, float]:
        """See ``Parallel``."""
        loss = extra = 0.0
        for part in parts:
            with casting(module):
                total, outputs = objective(module, part)
                both = total / whole
                loss += float(both.detach())
                if extra_loss is not None:
                    share = objective.weigh(part) / whole
                    added = share * extra_loss(module, part, outputs)
                    extra += float(added.detach())
                    both = both + added
            both.backward()
        return loss, extra

    def clip(self, trained: Sequence[torch.nn.Parameter], most: float) -> float:
        """See ``Parallel``."""
        import torch

        return float(torch.nn.utils.clip_grad_norm_(trained, most or math.inf))

    def agree(self, said: T) -> T:
        """See ``Parallel``."""
        return said

    def draw_apart(self) -> None:
        """See ``Parallel``."""

    def take_weights(self, module: torch.nn.Module) -> dict[str, torch.Tensor]:
        """See ``Parallel``."""
        return checkpoints.take_weights(module)

    def put_weights(self, module: torch.nn.Module, weights: Mapping[str, torch.Tensor]) -> None:
        """See ``Parallel``."""
        checkpoints.put_weights(module, weights)

    def make_keeper(self, folder: Path, key: str) -> Keeper:
        """See ``Parallel``."""
        return FileKeeper(folder, key)
