"""How pipelines look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_time, print_table
from workbench.cli.store import show_jobs

if TYPE_CHECKING:
    from workbench.finetuning.pipeline.definition import Pipeline
    from workbench.finetuning.pipeline.stage_rows import PipelineRun
    from workbench.finetuning.pipeline.triggers import Due
    from workbench.store.jobs import Job


def show_pipeline_once(run: PipelineRun) -> None:
    """How the run stands and why, then a line a stage."""
    from workbench.finetuning.pipeline.running import has_lost_its_process
    from workbench.finetuning.pipeline.telling import tell_stage

    reason = f": {run.reason}" if run.reason else ""
    begun = format_time(run.started_s)
    is_lost = has_lost_its_process(run)
    state = "interrupted" if is_lost else run.state
    is_over = is_lost or run.state not in ("running", "waiting")
    click.echo(f"{run.pipeline}, run {run.id} ({begun}, {run.because}): {state}{reason}")
    if run.stages:
        cells = [
            [
                each.stage,
                "interrupted" if is_over and each.state == "running" else each.state,
                "" if each.ended_s is None else f"{each.ended_s - each.begun_s:.1f} s",
                "" if each.attempts == 1 else f"{each.attempts} tries",
                tell_stage(each),
            ]
            for each in run.stages
        ]
        print_table(["stage", "", "took", "", "what came"], cells, indent=2)
    if is_lost:
        click.echo(
            f"  its process has ended; the queue's next worker, or `workbench finetuning pipeline "
            f"once {run.pipeline}`, goes on where it was",
            err=True,
        )


show_pipeline_stop = show_pipeline_once


def show_pipeline_status(runs: list[PipelineRun]) -> None:
    """Each run, the newest first."""
    if not runs:
        click.echo("no pipeline has run yet; workbench finetuning pipeline due", err=True)
    for run in runs:
        show_pipeline_once(run)


def show_pipeline_due(found: list[Due]) -> None:
    """A line a pipeline: whether it is due, why, and what would be done."""
    if not found:
        click.echo(
            "there is no pipeline yet; workbench finetuning pipeline define --help", err=True
        )
        return
    cells = [
        [
            each.pipeline,
            "yes" if each.is_due else "no",
            each.because,
            each.next_stage,
            each.rows,
            ", ".join(each.files),
        ]
        for each in found
    ]
    print_table(["pipeline", "due", "because", "next stage", "rows", "files"], cells)


def show_pipeline_start(job: Job) -> None:
    """The job, and what runs it."""
    show_jobs((job,))
    click.echo("[workbench store work]", err=True)


def show_pipeline_watch(jobs: list[Job]) -> None:
    """What was put on the queue, and what runs it."""
    if not jobs:
        click.echo("no pipeline was due; workbench finetuning pipeline due says why", err=True)
        return
    show_jobs(tuple(jobs))
    click.echo("[workbench store work]", err=True)


def show_pipeline_define(pipeline: Pipeline) -> None:
    """That it stands, and what begins it."""
    from workbench.finetuning.pipeline.telling import tell_rules

    told = f"teaches {pipeline.adapter} by {pipeline.preset}, {tell_rules(pipeline)}"
    click.echo(f"{pipeline.name}: {told}")
    verb = "watch" if pipeline.begins_itself else f"once {pipeline.name}"
    click.echo(f"[workbench finetuning pipeline {verb}]", err=True)
