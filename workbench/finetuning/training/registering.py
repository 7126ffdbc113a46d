"""What a run gives: an adapter in the home folder, with what it was made of in its record."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.viewers import Viewable
from workbench.finetuning.training.batches import Unit
from workbench.finetuning.training.encoding import Encoded
from workbench.finetuning.training.general import GeneralAnswers
from workbench.finetuning.training.recipe import Recipe

if TYPE_CHECKING:
    import torch

    from workbench.finetuning.training.adapting import Learner
    from workbench.finetuning.training.loop import Training
    from workbench.models.adapters import Adapter


@dataclass(frozen=True)
class TrainingRun(Viewable):
    """What a run gave.

    ``model`` is what to ask, ``train_loss`` the mean of the last tenth of the steps; losses are
    nats an answer token. ``evaluated_on`` says on which examples ``eval_loss_*`` are. Seconds and
    tokens are those of the steps; ``cpu_seconds`` is what this process took in all. ``snapshot``
    is the sha256 of the rows as they are kept; ``rows_left_out`` may not be learnt, for the reasons
    in ``left_out``. ``measures`` are of a kind of run: margins of preferences. Of
    ``general_asked`` general questions, which nobody taught, the base answers ``general_before``
    and the adapter ``general_after``: what it has forgotten. ``restarts`` say where a run on
    several processes began again, on how many, how many steps were done twice, and why. ``reused``
    means that this very run had been done before.
    """

    adapter: str
    version: int
    model: str
    steps: int
    train_loss: float
    eval_loss_before: float
    eval_loss_after: float
    tokens_per_s: float
    seconds: float
    cpu_seconds: float
    run: str
    examples: int
    evaluated_on: str
    precision: str
    stopped: str
    snapshot: str | None = None
    rows_left_out: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    measures: dict[str, float] = field(default_factory=dict)
    general_asked: int = 0
    general_before: int | None = None
    general_after: int | None = None
    restarts: list[dict[str, Any]] = field(default_factory=list)
    reused: bool = False

    @property
    def general(self) -> GeneralAnswers | None:
        """The general questions that were asked of base and adapter; None if none were."""
        if self.general_before is None or self.general_after is None:
            return None
        return GeneralAnswers(self.general_asked, self.general_before, self.general_after)


@dataclass(frozen=True)
class Origin:
    """Where what is learnt came from: the sha256 of its snapshot, and what was left out of it.

    ``call`` is what ``finetuning.run`` was given, by which the run can be gone on with.
    """

    snapshot: str | None = None
    rows_left_out: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    call: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Material:
    """What is trained on what: units to learn from, examples to evaluate on, and their names.

    ``users`` says whose each unit is, where users are what a private run protects;
    ``rewordings`` are other forms of each unit (see ``rewording``), where there are any.
    """

    units: Sequence[Unit]
    held_out: Sequence[Encoded]
    evaluated_on: str
    data: str
    origin: Origin
    users: Sequence[str] | None = None
    rewordings: Sequence[Sequence[Encoded]] = ()

    def tell(self) -> dict[str, Any]:
        """What is written down of every run: the data, and of which rows the losses are."""
        return {
            "data": self.origin.snapshot or self.data,
            "rows_left_out": self.origin.rows_left_out,
            "evaluated_on": self.evaluated_on,
        }

    def tell_privacy(self, cost: Mapping[str, float]) -> dict[str, Any]:
        """What is written down of a private run: the unit and the cost; nothing of another."""
        unit = "example" if self.users is None else "user"
        return {"privacy": {"unit": unit, **cost}} if cost else {}


def register(
    module: torch.nn.Module,
    learner: Learner,
    material: Material,
    recipe: Recipe,
    *,
    name: str,
    base: str,
    parents: tuple[str, ...],
    done: Training,
    run_id: str,
    privacy: Mapping[str, float] | None = None,
) -> Adapter:
    """Write what was trained as the next version of its name, with a GGUF beside it."""
    from workbench.finetuning.training.adapting import save_peft
    from workbench.models.adapter_store import register_adapter
    from workbench.models.adapters import PEFT_FILES
    from workbench.models.formats.adapters import AdapterRecord, hash_template, write_record
    from workbench.store.files import hash_file

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / name
        save_peft(module, folder, base_name=learner.name)
        template = learner.encoder.template
        record = AdapterRecord(
            name=name,
            base_model=learner.name,
            base_sha256=base,
            rank=recipe.rank,
            alpha=float(recipe.alpha),
            target_modules=recipe.targets,
            files={file: hash_file(folder / file) for file in PEFT_FILES},
            chat_template_sha256=None if template is None else hash_template(template),
            parents=parents if learner.start is None else (learner.start.full_name, *parents),
            notes={
                **material.tell(),
                "run": run_id,
                "seed": recipe.seed,
                "recipe": {**dataclasses.asdict(recipe), "targets": list(recipe.targets)},
                "precision": learner.precision,
                **material.tell_privacy(privacy or {}),
                "metrics": {
                    "eval_loss_before": done.evaluations[0].loss_nats,
                    "eval_loss_after": _loss_after(done),
                    "train_loss": _train_loss(done),
                },
            },
        )
        write_record(folder, record)
        return register_adapter(folder)


def enter_training(
    adapter: Adapter, material: Material, run_id: str, cost: Mapping[str, float]
) -> None:
    """Write into the ledger on which rows a model was trained; once, also after a kill."""
    from workbench.privacy import record
    from workbench.store.ledger import Ledger

    if Ledger().entries(action="privacy.training", subject=adapter.full_name, limit=1):
        return
    told = {
        "data_sha256": material.data,
        "snapshot": material.origin.snapshot,
        "examples": len(material.units),
        "rows_left_out": material.origin.rows_left_out,
        "run": run_id,
        **material.tell_privacy(cost),
    }
    record("training", adapter.full_name, data=told)


def find_registered(base: str, name: str, run_id: str) -> Adapter | None:
    """What a run had registered before it was killed."""
    from workbench.models.adapters import list_adapters

    return next(
        (
            found
            for found in list_adapters(base)
            if found.name == name and found.record.notes.get("run") == run_id
        ),
        None,
    )


def tell_result(
    adapter: Adapter,
    done: Training,
    learner: Learner,
    material: Material,
    run_id: str,
    cpu_seconds: float,
    general: GeneralAnswers | None,
    measures: Mapping[str, float],
) -> TrainingRun:
    """A finished run as its caller sees it."""
    return TrainingRun(
        adapter=adapter.name,
        version=adapter.version,
        model=adapter.full_name,
        steps=len(done.steps),
        train_loss=_train_loss(done),
        eval_loss_before=done.evaluations[0].loss_nats,
        eval_loss_after=_loss_after(done),
        tokens_per_s=done.tokens_per_s,
        seconds=done.seconds,
        cpu_seconds=cpu_seconds,
        run=run_id,
        examples=len(material.units),
        evaluated_on=material.evaluated_on,
        precision=learner.precision,
        stopped=done.stopped,
        snapshot=material.origin.snapshot,
        rows_left_out=material.origin.rows_left_out,
        left_out=dict(material.origin.left_out),
        measures=dict(measures),
        general_asked=general.asked if general else 0,
        general_before=general.before if general else None,
        general_after=general.after if general else None,
        restarts=done.tell_restarts(),
    )


def _train_loss(done: Training) -> float:
    last = done.steps[-max(1, len(done.steps) // 10) :]
    return sum(step.loss_nats for step in last) / len(last)


def _loss_after(done: Training) -> float:
    """Of the weights that were kept: the best ones, if the run ended early for want of better."""
    if done.stopped == "patience" and done.best is not None:
        return done.best.loss_nats
    return done.evaluations[-1].loss_nats
