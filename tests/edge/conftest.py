"""A tiny model of random weights: the machinery is real, its figures say nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core import settings
from workbench.models.formats import tiny


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose rows are whole blocks of 256, and whose text has 1,000 different tokens."""
    with pytest.MonkeyPatch.context() as patch:
        wider = {"hidden_size": 256, "intermediate_size": 512, "head_dim": 64}
        patch.setitem(tiny.TINY_ARCHITECTURES, "llama", tiny.TINY_ARCHITECTURES["llama"] | wider)
        return tiny.make_tiny_folder(tmp_path_factory.mktemp("tiny") / "tiny")


@pytest.fixture(scope="session")
def tiny_gguf(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model as a GGUF."""
    from workbench.models.formats.to_gguf import write_gguf_of_folder

    path = tmp_path_factory.mktemp("tiny-gguf") / "tiny.gguf"
    return write_gguf_of_folder(tiny_folder, path, type="F32")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """No thread is measured for a model of a few thousand numbers."""
    with settings.override(threads=1):
        yield


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A file of three short paragraphs."""
    path = tmp_path / "texts.txt"
    path.write_text(
        "The quick brown fox jumps over the lazy dog.\n\n"
        "A small machine could only answer questions about colours and numbers.\n\n"
        "What is the capital of a country, and where does the river go?\n"
    )
    return path


@pytest.fixture
def calibration(tmp_path: Path) -> Path:
    """A file of some 600 tokens."""
    path = tmp_path / "calibration.txt"
    path.write_text("\n\n".join(f"The {n} birds sang on the roof of house {n}." for n in range(60)))
    return path
