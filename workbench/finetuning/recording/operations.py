"""What a user can ask of the runs that were written down."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.core.operations import operation
from workbench.finetuning.recording.comparing import RunComparison
from workbench.finetuning.recording.recorded_run import RecordedRun
from workbench.finetuning.recording.run_export import Program, RunExport


@dataclass(frozen=True)
class RunRow:
    """One training run as it stands; losses are nats an answer token.

    ``evaluated_on`` says of which rows ``eval_loss_nats`` is.
    """

    run: str
    state: str
    model: str
    adapter: str
    steps_done: int
    steps: int
    loss_nats: float | None
    eval_loss_nats: float | None
    tokens_per_s: float
    started_s: float
    evaluated_on: str = ""


@dataclass(frozen=True)
class StopAsked:
    """A run that was asked to stop, and how it was then."""

    run: str
    state: str
    steps_done: int
    said: str


@operation("finetuning.runs", title="List the training runs", produces="training-runs")
def runs() -> list[RunRow]:
    """List the runs of this machine, those that go on or were stopped too, the newest first."""
    from workbench.finetuning.recording.recorded_run import recorded_runs

    return [
        RunRow(
            run=each.run,
            state=each.state,
            model=each.model,
            adapter=each.adapter,
            steps_done=each.steps_done,
            steps=each.steps,
            loss_nats=each.curve[-1].loss_nats if each.curve else None,
            eval_loss_nats=each.evaluations[-1].loss_nats if each.evaluations else None,
            tokens_per_s=each.tokens_per_s,
            started_s=each.started_s,
            evaluated_on=each.losses_on,
        )
        for each in recorded_runs()
    ]


@operation("finetuning.runs_show", title="Show a training run", produces="recorded-run")
def show_run(run: str = "latest") -> RecordedRun:
    """Show a run as it stands: its curve, its answers on the way, what was trained how.

    Args:
        run: Its id or the beginning of it; the newest if none is given.
    """
    from workbench.finetuning.recording.recorded_run import find_recorded_run

    return find_recorded_run(run)


@operation("finetuning.runs_compare", title="Compare training runs", produces="run-comparison")
def compare(run: list[str]) -> RunComparison:
    """Put runs side by side: what they were given, where that differs, and what came of it.

    Args:
        run: Ids, or the beginnings of ids: two to six.
    """
    from workbench.finetuning.recording.comparing import compare_runs

    return compare_runs(run)


@operation("finetuning.runs_stop", title="Stop a training run", produces="stop-asked")
def stop_run(run: str) -> StopAsked:
    """Ask a run to stop, whichever process it goes on in. It keeps the steps that were done: the
    command that began it goes on.

    Args:
        run: Its id or the beginning of it.
    """
    from workbench.finetuning.recording.stopping import stop

    found = stop(run)
    said = (
        "it stops within seconds, and keeps the steps that were done"
        if found.is_live
        else f"it is {found.state} already"
    )
    return StopAsked(found.run, found.state, found.steps_done, said)


@operation("finetuning.runs_export", title="Take a run to another program", produces="run-export")
def export_run(run: str = "latest", *, to: Program, out: Path, replace: bool = False) -> RunExport:
    """Write a run for TensorBoard, or for MLflow with a script that puts it there.

    Args:
        run: Its id or the beginning of it; the newest if none is given.
        to: The program.
        out: The folder that holds the runs; each has one of its own in it.
        replace: Write again what was exported before.
    """
    from workbench.finetuning.recording import run_export

    return run_export.export_run(run, to=to, out=out, replace=replace)
