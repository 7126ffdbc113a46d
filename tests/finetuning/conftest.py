"""A tiny base of random weights, and random adapters of it: the machinery is real."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core import settings
from workbench.models.adapter_store import register_adapter
from workbench.models.adapters import Adapter
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.formats.tiny_lora import make_tiny_lora
from workbench.models.formats.to_gguf import write_gguf_of_folder

Make = Callable[..., Adapter]


@pytest.fixture(scope="session")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The GGUF of the tiny base."""
    root = tmp_path_factory.mktemp("tiny-base")
    make_tiny_folder(root / "folder")
    return write_gguf_of_folder(root / "folder", root / "tiny.gguf", type="F32")


@pytest.fixture
def tiny_base(tiny_gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The base as the model ``tiny`` of this test's home."""
    config = tmp_path / "workbench.toml"
    config.write_text(f'[models.tiny]\npath = "{tiny_gguf}"\nthreads = 1\ncontext_tokens = 256\n')
    monkeypatch.setenv("WORKBENCH_CONFIG", str(config))
    with settings.override(threads=1):
        yield tiny_gguf


@pytest.fixture
def make(tiny_base: Path, tmp_path: Path) -> Make:
    """Registers the next version of an adapter: ``make(seed=3, notes={...})``."""
    made = iter(range(1000))

    def one(name: str = "a", *, notes: dict[str, Any] | None = None, **options: Any) -> Adapter:
        folder = tmp_path / f"adapter-{next(made)}"
        make_tiny_lora(folder, tiny_base, name=name, base_model="tiny", **options)
        if notes is not None:
            record = json.loads((folder / "adapter.json").read_text())
            (folder / "adapter.json").write_text(json.dumps(record | {"notes": notes}))
        return register_adapter(folder)

    return one
