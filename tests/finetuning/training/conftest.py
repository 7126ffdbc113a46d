"""Tiny models with random weights, taught for real."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.finetuning.training.adapting import Learner, make_learner
from workbench.models.engines.torch_loading import load_module
from workbench.models.folder import read_folder
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.formats.to_gguf import write_gguf_of_folder

from .made import made_examples


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Llama as a Hugging Face folder."""
    return make_tiny_folder(tmp_path_factory.mktemp("tiny") / "tiny")


@pytest.fixture
def tiny(tiny_folder: Path) -> Callable[..., Learner]:
    """Loads the tiny model anew: ``tiny(dtype="float32")``."""

    def load(*, dtype: str = "float32", template: str | None = None) -> Learner:
        folder = read_folder(tiny_folder)
        module = load_module(folder, dtype=dtype)
        return make_learner("tiny", folder, precision="fp32", module=module, template=template)

    return load


@pytest.fixture(scope="session")
def tiny_gguf(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The GGUF of the tiny base."""
    return write_gguf_of_folder(
        tiny_folder, tmp_path_factory.mktemp("gguf") / "tiny.gguf", type="F32"
    )


@pytest.fixture
def data(tiny_gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Rows, and the tiny base in the catalogue as ``tiny``."""
    (tmp_path / "workbench.toml").write_text(f'[models.tiny]\npath = "{tiny_gguf}"\n')
    monkeypatch.chdir(tmp_path)
    # Two threads that wait for each other over so small a model take a minute of a busy machine
    # where one takes a second.
    monkeypatch.setenv("WORKBENCH_THREADS", "1")
    rows = [
        {"prompt": each.question[0]["content"], "response": each.answer} for each in made_examples()
    ]
    path = tmp_path / "my facts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
