"""How a pipeline's run is drawn: each stage with its outcome, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.studio.cards import card
from workbench.studio.markup import count, duration, escape, number, when
from workbench.studio.tables import table

if TYPE_CHECKING:
    from workbench.finetuning.pipeline.stage_rows import PipelineRun, StageRow

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


def tell_stage(row: StageRow) -> str:
    """What a stage gave, in a few words."""
    if row.error is not None:
        return str(row.error.get("message", ""))
    said = row.output or {}
    if "error" in said:
        return str(said["error"].get("message", ""))
    teller = _TELLERS.get(row.stage)
    return teller(said) if teller is not None and said else ""


def _tell_snapshot(said: dict[str, Any]) -> str:
    found = [f"{kind} {rows}" for kind, rows in said["findings"].items() if rows]
    told = f" ({', '.join(found)})" if found else ""
    return f"{said['rows']} to learn, {said['new_rows']} new, {said['left_out']} left out{told}"


def _tell_training(said: dict[str, Any]) -> str:
    before, after = number(said["eval_loss_before"]), number(said["eval_loss_after"])
    return f"{said['model']}: {count(said['steps'], 'step')}, loss {before} to {after}"


_TELLERS = {
    "collect": lambda said: f"{count(said['rows'], 'row')} of {', '.join(said['files'])}",
    "snapshot": _tell_snapshot,
    "train": _tell_training,
    "gate": lambda said: f"{said['verdict']} against {said['champion']}",
    "canary": lambda said: str(said["decision"]),
    "promote": lambda said: f"champion is {said['champion']}",
}
