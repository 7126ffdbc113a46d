"""A model that the runtime does not know is named before work is put into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench import edge
from workbench.core import settings
from workbench.core.errors import CapabilityError

OWN = b"llama"


@pytest.fixture
def unknown(tiny_gguf: Path, tmp_path: Path) -> Path:
    """The tiny model, whose file says that it is of an architecture that there is not."""
    data = bytearray(tiny_gguf.read_bytes())
    place = data.index(OWN, data.index(b"general.architecture"))
    data[place : place + len(OWN)] = b"zorax"
    path = tmp_path / "unknown.gguf"
    path.write_bytes(data)
    return path


def test_an_unknown_architecture_is_named_before_anything_is_made(
    unknown: Path, texts: Path, tmp_path: Path, home: Path
) -> None:
    for ask in (
        lambda: edge.compress(model=str(unknown), to="gguf:q8_0", texts=str(texts)),
        lambda: edge.compare(model=str(unknown), to=["gguf:q8_0"], texts=str(texts), rounds=1),
        lambda: edge.bundle("odd", model=str(unknown), out=tmp_path / "odd.bundle"),
    ):
        with pytest.raises(CapabilityError, match="the architecture 'zorax'"):
            ask()
    assert not (settings.home() / "compressed").exists()
    assert not (tmp_path / "odd.bundle").exists()
