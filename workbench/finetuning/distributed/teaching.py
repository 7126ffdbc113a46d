"""A run of the room's on several processes: what they are told, and what is made of what came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import IntegrityError
from workbench.finetuning.distributed.job import Job
from workbench.finetuning.distributed.launching import run_together
from workbench.finetuning.distributed.plan import Plan
from workbench.finetuning.distributed.shards.finding import read_weights
from workbench.finetuning.training import checkpoints
from workbench.finetuning.training.recipe import Recipe
from workbench.finetuning.training.registering import Material

if TYPE_CHECKING:
    import torch

    from workbench.finetuning.training.adapting import Learner
    from workbench.finetuning.training.anchoring import Anchors
    from workbench.finetuning.training.loop import Training


def teach_together(
    module: torch.nn.Module,
    learner: Learner,
    material: Material,
    recipe: Recipe,
    plan: Plan,
    folder: Path,
    key: str,
    *,
    anchors: Anchors | None,
    watch: Callable[[torch.nn.Module, Training], None],
    between_steps: Callable[[], None] | None,
) -> Training:
    """As ``loop.train`` on a plan's processes; ``module`` is then what they trained.

    Args:
        module: Where the weights go that come of it; the processes make their own from the recipe.
        learner: The base.
        material: The rows in tokens.
        recipe: How.
        plan: On how many.
        folder: The run's, where its checkpoint is.
        key: See ``checkpoints``.
        anchors: The dialogues beside each batch.
        watch: Called after each evaluation and checkpoint; where answers are shown the module has
            the weights of that step.
        between_steps: Called before each step; it may wait.

    Raises:
        WorkbenchError: See ``run_together``.
    """
    assert learner.folder is not None
    job = Job(
        folder=folder,
        key=key,
        model=learner.folder,
        precision=learner.precision,
        recipe=recipe,
        plan=plan,
        material=material,
        pad_id=learner.pad_id,
        start=None if learner.start is None else learner.start.folder,
        anchors=() if anchors is None else anchors.anchors,
    )

    def hear(training: Training, weights: Mapping[str, torch.Tensor] | None) -> None:
        if weights is not None:
            checkpoints.put_weights(module, weights)
        watch(module, training)

    done = run_together(job, watch=hear, between_steps=between_steps)
    taught = read_weights(folder, key=key)
    if taught is None:
        raise IntegrityError("the processes left no checkpoint", hint="the same command again")
    checkpoints.put_weights(module, taught)
    module.eval()
    return done
