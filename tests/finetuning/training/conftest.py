"""Tiny models with random weights, taught for real."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.finetuning.training.adapting import Learner, make_learner
from workbench.models.engines.torch_loading import load_module
from workbench.models.folder import read_folder
from workbench.models.formats.tiny import make_tiny_folder


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
