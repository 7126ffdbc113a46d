"""A tiny base in the catalogue, with adapters of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core import settings
from workbench.models.adapter_store import register_adapter
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.formats.tiny_lora import make_tiny_lora
from workbench.models.formats.to_gguf import write_gguf_of_folder


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home in which ``tiny`` has the adapters ``mine`` (versions 1 and 2) and ``dora``."""
    make_tiny_folder(tmp_path / "folder")
    gguf = write_gguf_of_folder(tmp_path / "folder", tmp_path / "tiny.gguf", type="F16")
    (tmp_path / "workbench.toml").write_text(f'[models.tiny]\npath = "{gguf}"\nthreads = 1\n')
    monkeypatch.chdir(tmp_path)
    with settings.override(home=tmp_path / "home"):
        for place, name in enumerate(("mine", "mine", "dora")):
            folder = tmp_path / f"{name}{place}"
            make_tiny_lora(
                folder,
                gguf,
                name=name,
                base_model="tiny",
                seed=place,
                alpha=12.0,
                method="dora" if name == "dora" else "lora",
                parents=("tiny:mine@1",) if place == 1 else (),
            )
            register_adapter(folder)
        yield tmp_path
