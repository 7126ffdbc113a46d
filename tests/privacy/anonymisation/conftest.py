"""The recognisers, loaded once a session: spaCy and Presidio take seconds of CPU."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.models import catalogue
from workbench.models.loading import model_files
from workbench.privacy.anonymisation import reading_model
from workbench.privacy.anonymisation.texts import detect


@pytest.fixture(scope="session", autouse=True)
def lists(lists_of_names: None) -> None:
    """The lists of names and places are in use."""


@pytest.fixture(scope="session")
def loaded(lists: None) -> None:
    """Everything that is loaded late is there."""
    detect(["Maria Lopez lives at 5 High Street, Leeds."])


@pytest.fixture(scope="session")
def reader_folder(shared_home_path: Path) -> Path:
    """Where the model of the sentence reader is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(shared_home_path))
        found = model_files(catalogue.find("minilm-l6-v2")).folder
    assert found is not None
    return found


@pytest.fixture
def without_reader(reader_folder: Path) -> Iterator[None]:
    """The recognisers decide alone."""
    reading_model.take_reader(None)
    yield
    reading_model.take_reader(reader_folder)
