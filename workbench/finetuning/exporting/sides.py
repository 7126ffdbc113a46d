"""The engines that are compared, each with the form of the adapter that its own library reads.

None of them goes through the code that merges adapters here: transformers gets PEFT's folder by
PEFT, MLX mlx-lm's folder by mlx-lm, llama.cpp the GGUF LoRA beside its base.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.models.protocol import AdapterFiles, EngineSettings, ModelFiles

if TYPE_CHECKING:
    from workbench.models.protocol import Engine

PEFT, GGUF, MLX = "transformers with PEFT", "llama.cpp", "MLX"
_CONTEXT_TOKENS = 1024


@dataclass(frozen=True)
class Base:
    """The base that all read: a GGUF in F16, and the folder of the same numbers."""

    gguf: Path
    folder: Path


@dataclass(frozen=True)
class Forms:
    """The folders that an adapter was written to, and what engines call it."""

    name: str
    peft: Path
    gguf: Path
    mlx: Path


Open = Callable[[Base, Forms], contextlib.AbstractContextManager[tuple["Engine", str | None]]]


@contextlib.contextmanager
def open_peft(base: Base, forms: Forms) -> Iterator[tuple[Engine, str | None]]:
    """transformers with PEFT's own layers in it."""
    from workbench.core.optional import require
    from workbench.models.engines.transformers import TransformersEngine

    peft = require("peft", extra="finetuning")
    engine = TransformersEngine(ModelFiles("base", folder=base.folder), _settings())
    with contextlib.closing(engine):
        with warnings.catch_warnings():
            # PEFT asks transformers 5 by a name that it is about to lose.
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
            peft.PeftModel.from_pretrained(engine.module, str(forms.peft))  # into the module
        engine.module.eval()
        yield engine, None


@contextlib.contextmanager
def open_gguf(base: Base, forms: Forms) -> Iterator[tuple[Engine, str | None]]:
    """llama.cpp with the LoRA beside the base."""
    from workbench.models.engines.llamacpp import LlamaCppEngine

    adapter = AdapterFiles(forms.name, gguf=forms.gguf / "adapter.gguf")
    files = ModelFiles("base", gguf=base.gguf, adapters=(adapter,))
    with contextlib.closing(LlamaCppEngine(files, _settings())) as engine:
        yield engine, forms.name


@contextlib.contextmanager
def open_mlx(base: Base, forms: Forms) -> Iterator[tuple[Engine, str | None]]:
    """MLX with mlx-lm's own layers in it."""
    from workbench.models.engines.mlx import MlxEngine

    adapter = AdapterFiles(forms.name, mlx=forms.mlx)
    files = ModelFiles("base", folder=base.folder, adapters=(adapter,))
    with contextlib.closing(MlxEngine(files, _settings())) as engine:
        yield engine, forms.name


def _settings() -> EngineSettings:
    """Numbers in 32 bits where an engine has a choice, one conversation."""
    return EngineSettings(context_tokens=_CONTEXT_TOKENS, threads=1)


SIDES: Mapping[str, Open] = {PEFT: open_peft, GGUF: open_gguf, MLX: open_mlx}
