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


def faults(run: PipelineRun, *, batches: int = 1) -> list[str]:
    """All that is wrong, in words; the home has known so many batches, all of them promoted."""
    found = []
    champion = find_champion("tiny:p")
    trained = (run.output("train") or {}).get("model")
    if run.state == "promoted" and (champion is None or champion.full_name != trained):
        found.append("the run says promoted, and its version is no champion")
    versions = len(list_adapters("tiny"))
    if versions != batches:
        found.append(f"{versions} versions of {batches} batches")
    moves = [
        each for each in Ledger().entries(subject="tiny:p") if each.action == "adapter.promoted"
    ]
    if len(moves) != batches:
        found.append(f"{len(moves)} promotions of {batches} batches")
    moved = open_database().read(
        "SELECT count(*) AS moves FROM label_moves WHERE kind = ? AND label = 'champion'", (KIND,)
    )[0]["moves"]
    if moved > batches:
        found.append(f"{moved} versions were champion after {batches} batches")
    return found


def half_written(home: Path) -> list[str]:
    """Drafts that stayed, and what ``damaged`` finds. A writer that is killed may leave a draft."""
    return [str(path) for path in home.rglob("*") if ".part" in path.name] + damaged(home)


def damaged(home: Path) -> list[str]:
    """Blobs and records whose bytes are not those of their names, or cannot be read."""
    for path in (home / "adapters").glob("*/*/[0-9]*/adapter.json"):
        json.loads(path.read_text())
    return [
        f"{path.name} has other bytes"
        for path in (home / "blobs").glob("sha256-*")
        if hashlib.sha256(path.read_bytes()).hexdigest() != path.name.removeprefix("sha256-")
    ]
