"""A tiny base, a folder of made rows, and a gate whose word is made: the machinery is real."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.finetuning.pipeline.definition import Pipeline, define_pipeline

from .made_gate import rows_of

Define = Callable[..., Pipeline]


@pytest.fixture
def define(tiny_base: Path, tmp_path: Path) -> Define:
    """Defines the pipeline ``p`` over the folder ``inbox``, with one batch in it."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "one.jsonl").write_text(rows_of(0, 12))
    target = tmp_path / "target.jsonl"
    asked = [{"question": f"Where does shelf {n} of the annex stand?", "accept": [f"hall {n}"]}
             for n in range(4)]  # fmt: skip
    target.write_text("".join(json.dumps(row) + "\n" for row in asked))

    def make(**options: object) -> Pipeline:
        told = {
            "name": "p",
            "model": "tiny",
            "data": str(inbox),
            "target": str(target),
            "license": "CC0",
            "consent": "made",
            "recipe": {"steps": 6, "precision": "fp32", "seed": 3, "batch": 4},
            "checks": (),
            **options,
        }
        return define_pipeline(Pipeline(**told))  # type: ignore[arg-type]

    return make
