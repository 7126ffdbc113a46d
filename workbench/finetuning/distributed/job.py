"""What the processes of a run are told: a file in the run's folder, of plain data and tensors."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import IntegrityError
from workbench.finetuning.distributed.plan import Plan
from workbench.finetuning.training.anchoring import Anchor
from workbench.finetuning.training.checkpoints import read_state, write_state
from workbench.finetuning.training.encoding import Encoded
from workbench.finetuning.training.recipe import Recipe, read_recipe
from workbench.finetuning.training.registering import Material, Origin

NAME = "job.safetensors"


@dataclass(frozen=True)
class Job:
    """A run as its processes need it.

    Attributes:
        folder: The run's, where its checkpoint is.
        key: See ``checkpoints``.
        model: The folder of the base, in the precision of the run.
        precision: ``bf16`` or ``fp32``.
        recipe: How.
        plan: On how many processes.
        material: The rows in tokens.
        pad_id: See ``collate``.
        start: The folder of the adapter that it goes on from, if any.
        anchors: What the base says of the dialogues beside each batch.
    """

    folder: Path
    key: str
    model: Path
    precision: str
    recipe: Recipe
    plan: Plan
    material: Material
    pad_id: int = 0
    start: Path | None = None
    anchors: tuple[Anchor, ...] = ()

    @property
    def steps(self) -> int:
        """How many there are in all."""
        return self.recipe.count_steps(len(self.material.units))


def write_job(job: Job) -> Path:
    """Write what the processes are told.

    Raises:
        StorageError: The disk is full.
    """
    material = job.material
    plain = {
        "model": str(job.model),
        "precision": job.precision,
        "recipe": dataclasses.asdict(job.recipe),
        "plan": dataclasses.asdict(job.plan),
        "units": [[_plain(each) for each in unit] for unit in material.units],
        "held_out": [_plain(each) for each in material.held_out],
        "rewordings": [[_plain(each) for each in row] for row in material.rewordings],
        "pad_id": job.pad_id,
        "start": None if job.start is None else str(job.start),
        "anchors": [[_plain(each.example), each.log_probs, each.tokens] for each in job.anchors],
    }
    return write_state(job.folder / NAME, {"key": job.key, **plain}, key=NAME)


def read_job(path: Path) -> Job:
    """What ``write_job`` wrote.

    Raises:
        IntegrityError: There is none, or it is damaged.
    """
    said = read_state(path, key=NAME)
    if said is None:
        raise IntegrityError(f"there is no {path.name} in {path.parent.name}", hint="begin anew")
    material = Material(
        units=[tuple(_encoded(each) for each in unit) for unit in said["units"]],
        held_out=[_encoded(each) for each in said["held_out"]],
        evaluated_on="",
        data="",
        origin=Origin(),
        rewordings=[tuple(_encoded(each) for each in row) for row in said["rewordings"]],
    )
    return Job(
        folder=path.parent,
        key=said["key"],
        model=Path(said["model"]),
        precision=said["precision"],
        recipe=read_recipe(said["recipe"]),
        plan=Plan(**said["plan"]),
        material=material,
        pad_id=said["pad_id"],
        start=None if said["start"] is None else Path(said["start"]),
        anchors=tuple(Anchor(_encoded(each), *rest) for each, *rest in said["anchors"]),
    )


def _plain(each: Encoded) -> list[Any]:
    return [list(each.ids), each.start, each.identity, each.task, float(each.weight)]


def _encoded(plain: Sequence[Any]) -> Encoded:
    ids, *rest = plain
    return Encoded(tuple(ids), *rest)
