"""A run as TensorBoard reads it, written by tensorboardX (ADR 0036)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.core.optional import require
from workbench.finetuning.recording.recorded_run import RecordedRun


def write_events(run: RecordedRun, folder: Path) -> None:
    """Write one event file: the curves, the answers as text, the recipe as hyperparameters.

    Of each step only its number is known, not its time: the times in the file are evenly spread
    over the run's seconds.
    """
    writer_of = require("tensorboardX", extra="finetuning").SummaryWriter
    summary = require("tensorboardX.summary", extra="finetuning")
    with writer_of(logdir=str(folder), flush_secs=3600) as writer:
        for tag, step, value in scalars(run):
            writer.add_scalar(tag, value, step, walltime=time_of(run, step))
        for each in run.samples:
            text = f"asked\n\n    {each.asked}\n\nwanted: {each.wanted}\n\nanswer: {each.answer}"
            writer.add_text(f"answers/{each.row}", text, each.step, walltime=run.started_s)
        last = {name: value for name, value in run.figures.items() if isinstance(value, float)}
        for part in summary.hparams(_plain(run), last):
            writer.file_writer.add_summary(part)
        for name, value in last.items():
            writer.add_scalar(name, value, run.steps_done, walltime=run.updated_s)
    (file,) = folder.glob("events.out.tfevents.*")
    # The library puts the name of the machine there.
    file.rename(folder / f"events.out.tfevents.{int(run.started_s):010d}.{run.run}")


def scalars(run: RecordedRun) -> Iterator[tuple[str, int, float]]:
    """Every number of the curves: its tag, the step, the value."""
    for point in run.curve:
        yield "loss/step", point.step, point.loss_nats
        yield "learning_rate", point.step, point.learning_rate
        yield "tokens_per_s", point.step, point.tokens_per_s
    # Losses on learnt rows and on held-out ones are not to lie over each other.
    tag = f"loss/{run.losses_on.replace(' ', '_').replace('-', '_')}"
    for each in run.evaluations:
        yield tag, each.step, each.loss_nats


def time_of(run: RecordedRun, step: int) -> float:
    """The Unix time of a step, as if all had taken as long."""
    return run.started_s + run.seconds * step / max(1, run.steps_done)


def _plain(run: RecordedRun) -> dict[str, Any]:
    """The recipe as TensorBoard takes it: numbers, truth values and texts."""
    told = {**run.recipe, "model": run.model, "precision": run.precision, "run": run.run}
    return {
        name: value if isinstance(value, (bool, int, float, str)) else str(value)
        for name, value in told.items()
    }
