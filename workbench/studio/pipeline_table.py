"""Pipelines as a table: what each is at, how its last batch ended, and what begins the next."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from workbench.core.errors import WorkbenchError
from workbench.studio.markup import count
from workbench.studio.notebook_results import database_files
from workbench.studio.tables import table

if TYPE_CHECKING:
    from workbench.finetuning.pipeline.definition import Pipeline
    from workbench.finetuning.pipeline.stage_rows import PipelineRun

_NONE = (
    '<p class="q">No pipeline yet: <code>workbench finetuning pipeline define NAME --model MODEL '
    "--data FOLDER --target QUESTIONS.jsonl --license CC0 --consent 'our own'</code></p>"
)


def draw_pipelines() -> str:
    """A row a pipeline; nothing is begun by looking."""
    from workbench.finetuning.pipeline.definition import list_pipelines

    pipelines = list_pipelines() if database_files()[0].exists() else []
    if not pipelines:
        return _NONE
    return table([_row(each) for each in pipelines]).static_html()


def _row(pipeline: Pipeline) -> dict[str, str]:
    from workbench.finetuning.pipeline.stage_rows import StageRows

    runs = StageRows().list_runs(pipeline.name, limit=2)
    current = runs[0] if runs and runs[0].is_open else None
    ended = next((run for run in runs if not run.is_open), None)
    return {
        "pipeline": pipeline.name,
        "stage": "none" if current is None else _stage(current),
        "last outcome": "no batch yet" if ended is None else _outcome(ended),
        "next": _next(pipeline, current),
    }


def _stage(run: PipelineRun) -> str:
    """Where an open run stands; whether a process is at it is for its lock to say."""
    from workbench.finetuning.pipeline.running import is_going_on

    order = ", ".join(each.stage for each in run.stages[-1:]) or "collect"
    if run.state == "running":
        at = "goes on" if is_going_on(run.pipeline) else "its process has ended"
    else:
        at = run.state
    return f"{order}: {at}" + (f" ({run.reason})" if run.reason else "")


def _outcome(run: PipelineRun) -> str:
    done = run.output("train") or {}
    what = f"{done['model']} promoted" if run.state == "promoted" and done else run.state
    told = f": {run.reason}" if run.reason else ""
    at = datetime.fromtimestamp(run.ended_s or run.started_s).astimezone()
    return f"{what} ({at:%d %b %H:%M}){told}"


def _next(pipeline: Pipeline, run: PipelineRun | None) -> str:
    from workbench.finetuning.pipeline.telling import tell_rules
    from workbench.finetuning.pipeline.triggers import look_whether_due

    try:
        due = look_whether_due(pipeline)
    except WorkbenchError as error:
        return error.message
    if run is not None:
        goes_on = run.state in ("running", "waiting")
        return f"goes on with {due.next_stage}" if goes_on else "waits for somebody to go on"
    waiting = f"{count(due.rows, 'row')} in {count(len(due.files), 'file')}"
    said = due.because if due.rows else tell_rules(pipeline)
    return f"{'due, ' if due.is_due else ''}{waiting}: {said}"
