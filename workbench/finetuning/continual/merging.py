"""An adapter for each task, learnt from the base as if alone, and one merged of them all.

What a task changed is its task vector (Ilharco and others 2023, arXiv:2212.04089): of a language
model what its adapter adds to each weight, of a classifier the way from its first weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.seeds import derive_seed
from workbench.finetuning.continual.dare import merge_dare
from workbench.finetuning.continual.pupil import Pupil, Weights, put_weights, take_weights
from workbench.finetuning.continual.strategy import Settings, Strategy
from workbench.finetuning.continual.svd_merge import merge_svd
from workbench.finetuning.continual.ties import merge_ties

if TYPE_CHECKING:
    import torch


class _AdapterPerTask(Strategy):
    """Starts each task from the base, then merges what all tasks so far changed."""

    def __init__(self, pupil: Pupil, settings: Settings, *, seed: int) -> None:
        super().__init__(pupil, settings, seed=seed)
        self.first: Weights = take_weights(pupil.module)
        self.changes: list[Weights] = []

    def begin_task(self, number: int, examples: Sequence[Any]) -> None:
        """See ``Strategy``."""
        put_weights(self.pupil.module, self.first)

    def end_task(self, number: int, examples: Sequence[Any]) -> None:
        """See ``Strategy``."""
        self.changes.append(self.pupil.read_deltas())
        merged = {}
        for name in self.changes[0]:
            check_cancelled()
            merged[name] = self.merge([change[name] for change in self.changes])
        self.pupil.write_deltas(merged)

    def merge(self, changes: list[torch.Tensor]) -> torch.Tensor:
        """One change of several."""
        raise NotImplementedError


class TiesAdapters(_AdapterPerTask):
    """Merged by TIES."""

    def merge(self, changes: list[torch.Tensor]) -> torch.Tensor:
        """See ``merge_ties``."""
        return merge_ties(changes, density=self.settings.density, scale=self.settings.scale)


class DareAdapters(_AdapterPerTask):
    """Merged by DARE."""

    def __init__(self, pupil: Pupil, settings: Settings, *, seed: int) -> None:
        import torch

        super().__init__(pupil, settings, seed=seed)
        self._generator = torch.Generator().manual_seed(derive_seed(seed, "dare"))

    def merge(self, changes: list[torch.Tensor]) -> torch.Tensor:
        """See ``merge_dare``."""
        return merge_dare(
            changes,
            density=self.settings.density,
            weight=self.settings.scale,
            generator=self._generator,
        )


class SvdAdapters(_AdapterPerTask):
    """Merged by singular values."""

    def merge(self, changes: list[torch.Tensor]) -> torch.Tensor:
        """See ``merge_svd``."""
        return merge_svd(changes, rank=self.settings.merged_rank, weight=self.settings.scale)
