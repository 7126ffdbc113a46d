"""Runs elsewhere: TensorBoard's own reader reads them back, MLflow's rows are the run's."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import ConflictError
from workbench.finetuning.recording import import_into_mlflow
from workbench.finetuning.recording.mlflow_bundle import bundle
from workbench.finetuning.recording.recorded_run import RecordedRun, read_document
from workbench.finetuning.recording.run_export import export_run
from workbench.finetuning.training import records
from workbench.store.records import Records

RUN = "a1b2c3d4e5f60718"


def made_document(steps: int = 5) -> dict[str, Any]:
    """A made record, as the store keeps one."""
    return {
        "state": "finished", "kind": "answers", "model": "tiny", "adapter": "facts",
        "steps": steps, "steps_done": steps, "examples": 12, "tokens_per_s": 99.0, "seconds": 10.0,
        "started_s": 1000.0, "updated_s": 1020.0, "precision": "fp32", "data_sha256": "d" * 64,
        "snapshot": None, "base_sha256": "b" * 64, "stopped": "steps", "machine": {},
        "samples": [{"step": 0, "row": "3", "asked": "What?", "wanted": "This.", "answer": "No."}],
        "curve": [[n, 3.0 / n, 0.01 / n, 90.0 + n] for n in range(1, steps + 1)],
        "evaluations": [[0, 3.5], [steps, 0.75]], "process": None,
        "recipe": {"seed": 7, "rank": 16, "layers": None, "targets": ["q_proj"]},
        "result": {"version": 2, "train_loss": 0.5, "eval_loss_after": 0.75},
        "evaluated_on": "held-out rows",
    }  # fmt: skip


@pytest.fixture
def kept() -> RecordedRun:
    Records().put(records.NAMESPACE, RUN, document=made_document())
    return read_document(RUN, made_document())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_reads_back_every_number(kept: RecordedRun, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    made = export_run(RUN, to="tensorboard", out=tmp_path / "runs")
    assert made.points == 5 and made.then == f"tensorboard --logdir {tmp_path / 'runs'}"
    (file,) = Path(made.folder).iterdir()
    assert file.name == f"events.out.tfevents.0000001000.{RUN}"  # and not this machine's name
    read = EventAccumulator(made.folder)
    read.Reload()
    told = {tag: [(e.step, e.value) for e in read.Scalars(tag)] for tag in read.Tags()["scalars"]}
    assert told["loss/step"] == [(p.step, pytest.approx(p.loss_nats)) for p in kept.curve]
    assert told["loss/held_out_rows"] == [(0, 3.5), (5, 0.75)]
    assert told["learning_rate"][4] == (5, pytest.approx(0.002))
    assert told["tokens_per_s"][0] == (1, pytest.approx(91.0))
    assert told["eval_loss_after"] == [(5, 0.75)]
    times = [event.wall_time for event in read.Scalars("loss/step")]
    assert times == [1002.0, 1004.0, 1006.0, 1008.0, 1010.0]
    assert "answers/3/text_summary" in read.Tags()["tensors"]
    content = read.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    assert b"seed" in content and b"rank" in content


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_damaged_event_file_is_not_read(kept: RecordedRun, tmp_path: Path) -> None:
    """What the check above rests on: the reader looks at the checksums."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    made = export_run(RUN, to="tensorboard", out=tmp_path)
    (file,) = Path(made.folder).iterdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    read = EventAccumulator(made.folder)
    read.Reload()
    tags = read.Tags()["scalars"]
    assert "eval_loss_after" not in tags  # the last that was written, after the damage


def test_mlflows_rows_are_the_runs(kept: RecordedRun, tmp_path: Path) -> None:
    made = export_run(RUN, to="mlflow", out=tmp_path)
    assert made.files == ("import_into_mlflow.py", "run.json")
    told = json.loads((Path(made.folder) / "run.json").read_text())
    assert told == json.loads(json.dumps(bundle(kept)))
    assert told["status"] == "FINISHED" and told["name"] == "facts-v2-a1b2c3d4"
    assert ["loss/step", 3.0, 1_002_000, 1] in told["metrics"]
    assert told["params"]["layers"] == "None" and told["params"]["seed"] == "7"
    script = (Path(made.folder) / "import_into_mlflow.py").read_text()
    assert script == Path(str(import_into_mlflow.__file__)).read_text()
    imported = {
        (node.module or "").partition(".")[0]
        for node in ast.walk(ast.parse(script))
        if isinstance(node, ast.ImportFrom)
    }
    assert "workbench" not in imported  # it runs where Workbench is not


def test_what_was_exported_is_replaced_only_when_asked(kept: RecordedRun, tmp_path: Path) -> None:
    export_run(RUN, to="mlflow", out=tmp_path / "o")
    with pytest.raises(ConflictError, match="is there already"):
        export_run(RUN, to="mlflow", out=tmp_path / "o")
    assert export_run(RUN, to="mlflow", out=tmp_path / "o", replace=True).points == 5
    assert [path.name for path in (tmp_path / "o").iterdir()] == ["facts-v2-a1b2c3d4"]
