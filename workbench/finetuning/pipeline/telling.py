"""What begins a pipeline and what a stage gave, in a few words, for whoever shows it."""

from __future__ import annotations

from typing import Any

from workbench.finetuning.pipeline.definition import Pipeline
from workbench.finetuning.pipeline.stage_rows import StageRow
from workbench.finetuning.recording.recorded_run import name_rows


def tell_rules(pipeline: Pipeline) -> str:
    """What begins a run of a pipeline."""
    rules = []
    if pipeline.rows_waiting is not None:
        rules.append(f"{pipeline.rows_waiting} rows wait")
    if pipeline.cron is not None:
        rules.append(f"{pipeline.cron!r} (UTC) comes")
    if pipeline.drift_level is not None:
        rules.append(f"the questions drift (level {pipeline.drift_level:g})")
    begins = "begins when " + ", or ".join(rules) if rules else "begins by hand"
    return f"{begins}; judged answers are data too" if pipeline.feedback else begins


def tell_stage(row: StageRow) -> str:
    """What a stage gave, or why it gave nothing; empty while it goes on."""
    if row.error is not None:
        return str(row.error.get("message", ""))
    said = row.output or {}
    if "error" in said:
        return str(said["error"].get("message", ""))
    teller = _TELLERS.get(row.stage)
    return teller(said) if teller is not None and said else ""


def _tell_collection(said: dict[str, Any]) -> str:
    rows = "1 row" if said["rows"] == 1 else f"{said['rows']:,} rows"
    return f"{rows} of {', '.join(said['files'])}"


def _tell_snapshot(said: dict[str, Any]) -> str:
    found = [f"{kind} {rows}" for kind, rows in said["findings"].items() if rows]
    told = f" ({', '.join(found)})" if found else ""
    return f"{said['rows']} to learn, {said['new_rows']} new, {said['left_out']} left out{told}"


def _tell_training(said: dict[str, Any]) -> str:
    before, after = said["eval_loss_before"], said["eval_loss_after"]
    rows = f" on {name_rows(said['evaluated_on'])}" if said.get("evaluated_on") else ""
    return f"{said['model']}: {said['steps']} steps, loss {before:.4g} to {after:.4g}{rows}"


_TELLERS = {
    "collect": _tell_collection,
    "snapshot": _tell_snapshot,
    "train": _tell_training,
    "gate": lambda said: f"{said['verdict']} against {said['champion']}",
    "canary": lambda said: ": ".join(filter(None, (str(said["decision"]), said.get("why")))),
    "promote": lambda said: f"champion is {said['champion']}",
}
