"""A model in MLX's own quantised form: groups of 64 columns with a scale and an offset each."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import CapabilityError, EngineError
from workbench.core.optional import require
from workbench.core.progress import progress

if TYPE_CHECKING:
    from workbench.models.protocol import ModelFiles

GROUP = 64
_COPIED = ("tokenizer.json", "tokenizer_config.json", "generation_config.json")


def write_mlx_folder(files: ModelFiles, folder: Path, *, bits: int, group: int = GROUP) -> None:
    """Write a folder that mlx-lm and this package's ``mlx`` engine load.

    A matrix whose rows are no whole groups stays as it is.

    Args:
        files: The model's; a GGUF is unpacked through the conversion cache.
        folder: An existing empty folder.
        bits: 4 or 8.
        group: Columns that share a scale.

    Raises:
        DependencyError: MLX is not installed.
        CapabilityError: The model is an encoder.
        EngineError: mlx-lm refused it, in its own words.
    """
    require("mlx.core", extra="models")
    utils = require("mlx_lm.utils", extra="models")
    from workbench.models.engines.mlx_loading import load_module
    from workbench.models.folder import find_folder

    source = find_folder(files, dtype="float32")
    if source.is_encoder:
        raise CapabilityError(
            f"{files.name} is an encoder ({source.architecture}), which mlx-lm does not load",
            hint=f"workbench edge compress --model {files.name} --to onnx:int8",
        )
    with progress(f"writing {files.name} for MLX", total=3, unit="steps") as task:
        module = load_module(source, dtype="float16")
        task.advance()
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # it prints
                module, config = utils.quantize_model(module, dict(source.config), group, bits)
                task.advance()
                utils.save_model(folder, module, donate_model=True)
        except (ValueError, RuntimeError, KeyError, TypeError) as error:
            raise EngineError(
                f"mlx-lm could not quantise {files.name}: {error}", hint="--to gguf:q4_k_m"
            ) from error
    (folder / "config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
    for name in _COPIED:
        if (source.path / name).is_file():
            shutil.copyfile(source.path / name, folder / name)
    for template in source.path.glob("*.jinja"):
        shutil.copyfile(template, folder / template.name)
