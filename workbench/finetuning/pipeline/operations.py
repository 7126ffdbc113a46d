"""What a user can ask of pipelines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import annotated_types as bounds

from workbench.core.operations import operation
from workbench.finetuning.pipeline.definition import Pipeline
from workbench.finetuning.pipeline.stage_rows import PipelineRun
from workbench.finetuning.pipeline.triggers import Due
from workbench.store.jobs import Job

_CHOICES = ("seed", "steps", "epochs", "learning_rate", "rank", "precision", "max_tokens")


@operation("finetuning.pipeline_define", title="Define a pipeline", group="pipeline")
def define(
    name: str,
    *,
    model: str,
    data: Path,
    target: Path,
    license: str,
    consent: str,
    preset: str = "steady",
    seed: int | None = None,
    steps: int | None = None,
    epochs: float | None = None,
    learning_rate: float | None = None,
    rank: int | None = None,
    max_tokens: int | None = None,
    precision: str | None = None,
    policy: Path | None = None,
    general: Path | None = None,
    forgetting_budget: float = 0.1,
    checks: list[str] | None = None,
    canary_share: float = 0.0,
    cron: str | None = None,
    rows_waiting: int | None = None,
    drift_level: float | None = None,
    feedback: bool = False,
) -> Pipeline:
    """Say once how new data becomes a champion; a later `define` of the name takes its place.

    Args:
        name: The pipeline's, its adapter's and its snapshots'.
        model: The base, a name of the catalogue.
        data: The folder in which new .jsonl files are put.
        target: A JSONL file of questions on what is to be learnt; none of them is ever trained on.
        license: Under which the rows may be used.
        consent: On what ground: whose rows they are and what they agreed to.
        preset: `steady`, `fast-cpu` or `facts` (both forget more), or `quality`; what follows
            differs from it.
        seed: Decides the adapter's first numbers and the order of the rows.
        steps: At most so many.
        epochs: At most so many passes over the rows.
        learning_rate: The highest.
        rank: Of the adapter's matrices.
        max_tokens: The longest row.
        precision: `auto`, `bf16` or `fp32`.
        policy: A JSON file of severities and limits of the checks.
        general: A JSONL file of questions that must not be unlearnt; frozen ones if none is given.
        forgetting_budget: The share of general questions that may be lost.
        checks: The gate's, by name; all that are offered if none is given.
        canary_share: Try what passed the gate on this share of requests; 0 promotes it at once.
        cron: Begin at these times (UTC) if data waits: five fields, such as `0 3 * * *`.
        rows_waiting: Begin when so many rows wait.
        drift_level: Begin when the questions that wait have drifted from those that were learnt;
            the chance that it is said of a batch that has not, such as 0.01.
        feedback: Learn also from judged answers of the base and of this adapter, where their words
            were kept and their askers agreed; each is a row that waits.
    """
    from workbench.finetuning.pipeline.definition import define_pipeline

    given = locals()
    return define_pipeline(
        Pipeline(
            name=name,
            model=model,
            data=str(data.expanduser().absolute()),
            target=str(target.expanduser().absolute()),
            license=license,
            consent=consent,
            preset=preset,
            recipe={each: given[each] for each in _CHOICES if given[each] is not None},
            policy=str(policy.expanduser().absolute()) if policy else None,
            general=str(general.expanduser().absolute()) if general else None,
            forgetting_budget=forgetting_budget,
            checks=None if checks is None else tuple(checks),
            canary_share=canary_share,
            cron=cron,
            rows_waiting=rows_waiting,
            drift_level=drift_level,
            feedback=feedback,
        )
    )


@operation(
    "finetuning.pipeline_once",
    title="Run a pipeline as far as it goes",
    produces="pipeline-run",
    group="pipeline",
)
def once(name: str, *, because: str = "by hand") -> PipelineRun:
    """Go on with a pipeline's run, or begin one with the data that waits, as far as it goes now.

    A run that was killed, failed or was stopped goes on where it was. The command's exit status is
    1 where the batch is refused; `state`, `reason` and the stages say by what.

    Args:
        name: The pipeline.
        because: What started it, for the record.
    """
    from workbench.finetuning.pipeline.running import run_once

    return run_once(name, because=because)


@operation("finetuning.pipeline_start", title="Put a pipeline on the queue", group="pipeline")
def start(name: str) -> Job:
    """Put a pipeline on the job queue: `workbench store work` runs it, also after a crash.

    Args:
        name: The pipeline.
    """
    from workbench.finetuning.pipeline.queueing import enqueue

    return enqueue(name, because="by hand")


@operation("finetuning.pipeline_due", title="Say what pipelines would do", group="pipeline")
def due(name: str | None = None) -> list[Due]:
    """Say which pipelines are due, what they would do and what waits; nothing is done.

    Args:
        name: One pipeline; all if none is given.
    """
    from workbench.finetuning.pipeline.definition import find_pipeline, list_pipelines
    from workbench.finetuning.pipeline.triggers import look_whether_due

    return [
        look_whether_due(each) for each in ([find_pipeline(name)] if name else list_pipelines())
    ]


@operation("finetuning.pipeline_watch", title="Start pipelines when due", group="pipeline")
def watch(
    *, every_s: Annotated[float, bounds.Ge(0.1)] = 60.0, looks: int | None = None
) -> list[Job]:
    """Look again and again which pipelines are due and put them on the queue; end it with Ctrl-C.

    Args:
        every_s: How long to wait between looks.
        looks: End after so many.
    """
    from workbench.finetuning.pipeline.queueing import watch_pipelines

    return watch_pipelines(every_s=every_s, looks=looks)


@operation("finetuning.pipeline_status", title="Show pipelines' runs", group="pipeline")
def status(
    name: str | None = None, *, limit: Annotated[int, bounds.Ge(1)] = 20
) -> list[PipelineRun]:
    """Show the runs of pipelines with their stages, the newest first.

    Args:
        name: One pipeline; all if none is given.
        limit: At most so many runs.
    """
    from workbench.finetuning.pipeline.definition import find_pipeline
    from workbench.finetuning.pipeline.stage_rows import StageRows

    if name is not None:
        find_pipeline(name)
    return StageRows().list_runs(name, limit=limit)


@operation("finetuning.pipeline_stop", title="Stop a pipeline's run", group="pipeline")
def stop(name: str, *, give_up: bool = False) -> PipelineRun:
    """Stop a pipeline's run, in whatever process; `once` or `start` goes on with it.

    Args:
        name: The pipeline.
        give_up: Never go on with it: its files count as taken.
    """
    from workbench.finetuning.pipeline.running import stop_pipeline

    return stop_pipeline(name, give_up=give_up)
