"""Models for the tests of this room, loaded once: the real one, and tiny ones of random weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.core import settings
from workbench.models.model import Model


@pytest.fixture(scope="session")
def smollm2(shared_home_path: Path) -> Iterator[Model]:
    """The default model on transformers, one thread."""
    from workbench import models

    with settings.override(home=shared_home_path):
        model = models.load("smollm2-135m", engine="transformers", dtype="float32", threads=1)
    with model:
        yield model


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Model]]:
    """A tiny model of an architecture, e.g. ``tiny("gemma2")``: quick, and it says nothing."""
    from workbench import models
    from workbench.models.formats.tiny import make_tiny_folder

    made: dict[str, Model] = {}
    place = tmp_path_factory.mktemp("tiny")

    def load(architecture: str = "llama") -> Model:
        if architecture not in made:
            folder = make_tiny_folder(place / architecture, architecture)
            with settings.override(home=place / "home"):
                made[architecture] = models.load(str(folder), engine="transformers", threads=1)
        return made[architecture]

    yield load
    for model in made.values():
        model.close()
