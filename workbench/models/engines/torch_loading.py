"""Loading a folder into a torch module, without network, progress bars or silent gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core.errors import EngineError, InputError
from workbench.core.optional import require
from workbench.models.engines.openmp import wait_quietly
from workbench.models.folder import ModelFolder

if TYPE_CHECKING:
    import torch

DTYPES = ("float32", "bfloat16", "float16")


def load_module(folder: ModelFolder, *, dtype: str) -> torch.nn.Module:
    """The model of a folder, on the CPU and in evaluation mode.

    Raises:
        EngineError: transformers refused it, in its own words, or weights are missing.
    """
    if dtype not in DTYPES:
        raise InputError(
            f"dtype {dtype!r} is not one of {', '.join(DTYPES)}", hint="dtype='float32'"
        )
    wait_quietly()
    torch_now = require("torch", extra="models")
    transformers = require("transformers", extra="models")
    transformers.utils.logging.disable_progress_bar()
    kind = transformers.AutoModel if folder.is_encoder else transformers.AutoModelForCausalLM
    try:
        module, report = kind.from_pretrained(
            str(folder.path),
            dtype=getattr(torch_now, dtype),
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
            trust_remote_code=False,
        )
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError) as error:
        raise EngineError(
            f"transformers could not load {folder.path.name}: {error}",
            hint="see the folder's config.json; try engine='llamacpp' if there is a GGUF",
        ) from error
    # transformers would fill what is missing with random numbers and go on. A pooler is not used.
    missing = [name for name in report["missing_keys"] if not name.startswith("pooler.")]
    if missing or report["mismatched_keys"]:
        raise EngineError(
            f"{folder.path.name} does not hold all weights of a {folder.architecture} model: "
            f"{', '.join(sorted(missing)[:3]) or 'some have another shape'}",
            hint="fetch the model again",
        )
    loaded: torch.nn.Module = module.eval()
    return loaded
