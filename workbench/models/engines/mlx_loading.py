"""Loading a folder into an MLX module through mlx-lm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.core.errors import EngineError, InputError
from workbench.core.optional import require
from workbench.models.folder import ModelFolder

DTYPES = ("float32", "bfloat16", "float16")


def load_module(folder: ModelFolder, *, dtype: str) -> Any:
    """The model of a folder, its weights read and turned into ``dtype``.

    Weights that the folder holds quantised in MLX's own way stay as they are.

    Raises:
        EngineError: mlx-lm refused it, in its own words, or weights are missing.
    """
    if dtype not in DTYPES:
        raise InputError(
            f"dtype {dtype!r} is not one of {', '.join(DTYPES)}", hint="dtype='float32'"
        )
    mx = require("mlx.core", extra="models")
    utils = require("mlx_lm.utils", extra="models")
    try:
        module, config = utils.load_model(
            folder.path, lazy=True, strict=True, model_config=_completed(folder.config)
        )
        if "quantization" not in config:
            module.set_dtype(getattr(mx, dtype))
        mx.eval(module.parameters())
    except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
        raise EngineError(
            f"mlx-lm could not load {folder.path.name}: {error}",
            hint="try engine='transformers', or engine='llamacpp' if there is a GGUF",
        ) from error
    module.eval()
    return module


def attach_adapter(module: Any, folder: Path) -> None:
    """Load an adapter in mlx-lm's own form, with mlx-lm's own layers around the weights.

    Raises:
        EngineError: mlx-lm refused it, in its own words.
    """
    mx = require("mlx.core", extra="models")
    utils = require("mlx_lm.tuner.utils", extra="models")
    try:
        utils.load_adapters(module, str(folder))
        mx.eval(module.parameters())
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError) as error:
        raise EngineError(
            f"mlx-lm could not load the adapter in {folder.name}: {error}",
            hint="workbench finetuning export ADAPTER --to mlx writes it anew",
        ) from error
    module.eval()


def _completed(config: dict[str, Any]) -> dict[str, Any]:
    """What mlx-lm looks for at the top of a config and transformers 5 writes one level down."""
    rope = config.get("rope_parameters")
    if not isinstance(rope, dict) or "rope_theta" not in rope:
        return {}
    added = {}
    if "rope_theta" not in config:
        added["rope_theta"] = rope["rope_theta"]
    if "rope_scaling" not in config and rope.get("rope_type", "default") != "default":
        added["rope_scaling"] = {key: value for key, value in rope.items() if key != "rope_theta"}
    return added
