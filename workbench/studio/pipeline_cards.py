"""How a pipeline's run is drawn: each stage with its outcome, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.studio.cards import card
from workbench.studio.markup import duration, escape, when
from workbench.studio.tables import table

if TYPE_CHECKING:
    from workbench.finetuning.pipeline.stage_rows import PipelineRun

_MARKS = {
    "promoted": ("good", "✓ promoted"),
    "refused": ("bad", "✗ refused"),
    "given up": ("bad", "✗ given up"),
    "failed": ("bad", "! failed"),
    "waiting": ("mark", "· waits"),
    "stopped": ("mark", "· stopped"),
    "running": ("plain", "· goes on"),
}


def draw_pipeline_run(run: PipelineRun) -> str:
    """The state with its reason, and a row a stage."""
    from workbench.finetuning.pipeline.telling import tell_stage

    kind, words = _MARKS[run.state]
    head = (
        f'<div class="top"><span class="pill {kind}">{escape(words)}</span>'
        f"<strong>{escape(run.pipeline)}</strong>"
        f'<span class="q">run {run.id}, begun {escape(run.because)}, '
        f"{when(run.started_s)}</span></div>"
    )
    reason = f'<p class="note">{escape(run.reason)}</p>' if run.reason else ""
    rows = [
        {
            "stage": each.stage,
            "state": each.state,
            "outcome": tell_stage(each),
            "tries": each.attempts,
            "took": "" if each.ended_s is None else duration(each.ended_s - each.begun_s),
        }
        for each in run.stages
    ]
    return card(head + reason + (table(rows).static_html() if rows else ""))
