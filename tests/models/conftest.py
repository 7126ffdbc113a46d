"""Real models for the tests, fetched once into the shared home."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core import settings


@pytest.fixture(scope="session")
def smollm2_gguf(shared_home_path: Path) -> Path:
    """The GGUF file of the default model."""
    from workbench.models import catalogue
    from workbench.models.loading import model_files

    with settings.override(home=shared_home_path):
        path = model_files(catalogue.find("smollm2-135m")).gguf
    assert path is not None
    return path


@pytest.fixture(scope="session")
def minilm_folder(shared_home_path: Path) -> Path:
    """The folder of the MiniLM embedder."""
    from workbench.models import catalogue
    from workbench.models.loading import model_files

    with settings.override(home=shared_home_path):
        path = model_files(catalogue.find("minilm-l6-v2")).folder
    assert path is not None
    return path
