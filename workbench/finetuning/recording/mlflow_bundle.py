"""A run for MLflow: its numbers as JSON, and a script that puts them in by MLflow's own client.

MLflow's folder of files is in maintenance mode and refused by default since 3.13; its database is
its own matter. Its client is the one door that all its stores have (ADR 0036).
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

from workbench.finetuning.recording.recorded_run import RecordedRun
from workbench.finetuning.recording.run_export import folder_name
from workbench.finetuning.recording.tensorboard_files import scalars, time_of

SCRIPT = "import_into_mlflow.py"
_STATUS = {"finished": "FINISHED", "running": "RUNNING", "stopped": "KILLED", "failed": "FAILED"}


def write_bundle(run: RecordedRun, folder: Path) -> None:
    """Write ``run.json`` and the script that imports it."""
    text = json.dumps(bundle(run), indent=1, sort_keys=True, allow_nan=False)
    (folder / "run.json").write_text(text + "\n", encoding="utf-8")
    shutil.copyfile(Path(__file__).with_name(SCRIPT), folder / SCRIPT)


def bundle(run: RecordedRun) -> dict[str, Any]:
    """A run in MLflow's terms. Metrics are name, value, Unix time in ms, step."""
    metrics = [
        [tag, value, int(1000 * time_of(run, step)), step] for tag, step, value in scalars(run)
    ]
    metrics += [
        [name, value, int(1000 * run.updated_s), run.steps_done]
        for name, value in run.figures.items()
        if isinstance(value, float)
    ]
    given = {**run.recipe, "model": run.model, "precision": run.precision, "kind": run.kind}
    return {
        "name": folder_name(run),
        "status": _STATUS.get(run.state, "FAILED"),
        "start_time_ms": int(1000 * run.started_s),
        "end_time_ms": int(1000 * run.updated_s),
        "params": {name: str(value) for name, value in given.items()},
        "tags": {
            "workbench.run": run.run,
            "workbench.adapter": run.name,
            "workbench.data": run.snapshot or run.data_sha256,
            "workbench.base_sha256": run.base_sha256,
        },
        "metrics": metrics,
        "samples": [dataclasses.asdict(each) for each in run.samples],
    }
