"""Real models for the tests, fetched once into the shared home."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def home_set_to(path: Path) -> Iterator[None]:
    """Session fixtures cannot use monkeypatch, which belongs to one test."""
    before = os.environ.get("WORKBENCH_HOME")
    os.environ["WORKBENCH_HOME"] = str(path)
    try:
        yield
    finally:
        if before is None:
            del os.environ["WORKBENCH_HOME"]
        else:
            os.environ["WORKBENCH_HOME"] = before


@pytest.fixture(scope="session")
def smollm2_gguf(shared_home_path: Path) -> Path:
    """The GGUF file of the default model."""
    from workbench.models import catalogue
    from workbench.models.loading import model_files

    with home_set_to(shared_home_path):
        path = model_files(catalogue.find("smollm2-135m")).gguf
    assert path is not None
    return path


@pytest.fixture(scope="session")
def minilm_folder(shared_home_path: Path) -> Path:
    """The folder of the MiniLM embedder."""
    from workbench.models import catalogue
    from workbench.models.loading import model_files

    with home_set_to(shared_home_path):
        path = model_files(catalogue.find("minilm-l6-v2")).folder
    assert path is not None
    return path
