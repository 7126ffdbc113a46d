"""What is wrong with a run of the pipeline ``p``, and with the files of its home."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from workbench.finetuning.pipeline.stage_rows import PipelineRun
from workbench.finetuning.versions.names import find_champion
from workbench.models.adapters import KIND, list_adapters
from workbench.store.database import open_database
from workbench.store.ledger import Ledger


def faults(run: PipelineRun) -> list[str]:
    """All that is wrong, in words; the home has known one batch."""
    found = []
    champion = find_champion("tiny:p")
    trained = (run.output("train") or {}).get("model")
    if run.state == "promoted" and (champion is None or champion.full_name != trained):
        found.append("the run says promoted, and its version is no champion")
    if len(list_adapters("tiny")) != 1:
        found.append(f"{len(list_adapters('tiny'))} versions of one batch")
    moves = [
        each for each in Ledger().entries(subject="tiny:p") if each.action == "adapter.promoted"
    ]
    if len(moves) != 1:
        found.append(f"{len(moves)} promotions of one batch")
    rows = open_database().read(
        "SELECT count(*) AS moves FROM label_moves WHERE kind = ? AND label = 'champion'", (KIND,)
    )
    if rows[0]["moves"] > 1:
        found.append("more than one version was champion")
    return found


def half_written(home: Path) -> list[str]:
    """Drafts that stayed, and blobs and adapters whose bytes are not those of their names."""
    found = [str(path) for path in home.rglob("*") if ".part" in path.name or "draft" in path.name]
    found += [
        f"{path.name} has other bytes"
        for path in (home / "blobs").glob("sha256-*")
        if hashlib.sha256(path.read_bytes()).hexdigest() != path.name.removeprefix("sha256-")
    ]
    for folder in (home / "adapters").rglob("adapter.json"):
        json.loads(folder.read_text())
    return found
