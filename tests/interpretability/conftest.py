"""Models for the tests of this room, loaded once: the real one, and tiny ones of random weights."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workbench.models.model import Model


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
def smollm2(shared_home_path: Path) -> Iterator[Model]:
    """The default model on transformers, one thread."""
    from workbench import models

    with (
        home_set_to(shared_home_path),
        models.load("smollm2-135m", engine="transformers", dtype="float32", threads=1) as model,
    ):
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
            with home_set_to(place / "home"):
                made[architecture] = models.load(str(folder), engine="transformers", threads=1)
        return made[architecture]

    yield load
    for model in made.values():
        model.close()
