"""What a user can ask of training."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from workbench.core.operations import operation
from workbench.finetuning.training.registering import TrainingRun

Method = Literal["lora", "rslora"]
Schedule = Literal["linear", "cosine", "constant"]
Precision = Literal["auto", "bf16", "fp32"]

# The options of ``run`` that are fields of the recipe.
_CHOICES = [
    "seed",
    "method",
    "rank",
    "alpha",
    "layers",
    "learning_rate",
    "schedule",
    "batch",
    "accumulation",
    "steps",
    "epochs",
    "max_tokens",
    "precision",
    "checkpointing",
    "evaluate_every_steps",
    "patience",
    "samples",
]


@dataclass(frozen=True)
class PresetRow:
    """A preset and what it chooses."""

    name: str
    recipe: dict[str, Any]


@operation("finetuning.run", title="Teach a model from a file of rows", produces="training-run")
def run(
    *,
    model: str,
    data: Path,
    preset: str = "fast-cpu",
    name: str | None = None,
    eval_data: Path | None = None,
    seed: int = 0,
    method: Method | None = None,
    rank: int | None = None,
    alpha: float | None = None,
    layers: int | None = None,
    learning_rate: float | None = None,
    schedule: Schedule | None = None,
    batch: int | None = None,
    accumulation: int | None = None,
    steps: int | None = None,
    epochs: float | None = None,
    max_tokens: int | None = None,
    precision: Precision | None = None,
    checkpointing: bool | None = None,
    evaluate_every_steps: int | None = None,
    patience: int | None = None,
    samples: int | None = None,
    again: bool = False,
) -> TrainingRun:
    """Teach a model the answers of a file, and register what it learnt as an adapter.

    A row is `{"messages": [...]}` or `{"prompt", "response"}`. The same command goes on with a run
    that was killed, and does one that is finished only with `--again`. Then ask it:
    `workbench chat "..." --model MODEL:NAME@VERSION`.

    Args:
        model: The base, a name of the catalogue.
        data: The file, .jsonl, .csv or .parquet.
        preset: `fast-cpu` or `quality`; what follows differs from it.
        name: The adapter's; the file's if none is given.
        eval_data: Rows to evaluate on; else a tenth is held out, of rows whose answer comes twice.
        seed: Decides the adapter's first numbers and the order of the rows.
        method: LoRA or rsLoRA.
        rank: Of the adapter's matrices.
        alpha: What their product is scaled with, over the rank.
        layers: Only the last so many layers get an adapter.
        learning_rate: The highest.
        schedule: How it falls.
        batch: Rows that are computed together.
        accumulation: Batches a step.
        steps: At most so many.
        epochs: At most so many passes over the rows.
        max_tokens: The longest row.
        precision: Of the frozen base; `auto` is bf16 where the processor has it.
        checkpointing: Compute twice what does not fit in the memory.
        evaluate_every_steps: Evaluate also on the way.
        patience: End after so many evaluations without a better one.
        samples: Answer so many of the held-out rows at each evaluation, for the eye.
        again: Do it again although it was done.
    """
    given = locals()
    from workbench.finetuning.snapshots.reading import read_examples
    from workbench.finetuning.training.recipe import find_preset
    from workbench.finetuning.training.run import check_run, run_training
    from workbench.store.files import hash_file

    recipe = find_preset(preset, **{choice: given[choice] for choice in _CHOICES})
    chosen = name or _name_of(data)
    check_run(recipe, chosen)
    examples, _ = read_examples(data)
    return run_training(
        examples,
        recipe,
        model=model,
        name=chosen,
        held_out=None if eval_data is None else read_examples(eval_data)[0],
        snapshot=hash_file(data),
        again=again,
    )


@operation("finetuning.presets", title="Show the presets of training", produces="presets")
def presets() -> list[PresetRow]:
    """Show what each preset chooses; every value may be given to `run`."""
    from workbench.finetuning.training.recipe import PRESETS

    return [PresetRow(name, asdict(recipe)) for name, recipe in PRESETS.items()]


def _name_of(data: Path) -> str:
    """A name for an adapter from that of its file: letters, digits, '.', '-' and '_'."""
    import re

    return re.sub(r"[^A-Za-z0-9._-]+", "-", data.stem).strip("-._") or "adapter"
