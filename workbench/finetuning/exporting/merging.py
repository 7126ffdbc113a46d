"""A base with an adapter in its weights, and what the catalogue says of it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.finetuning.exporting.adapter_forms import peft_folder
from workbench.finetuning.exporting.result import Export, Format

if TYPE_CHECKING:
    from workbench.models.adapters import Adapter
    from workbench.models.catalogue import CatalogueEntry
    from workbench.models.made_models import MadeModel

GGUF_NAME = "model.gguf"
_DTYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}


def merged_name(adapter: Adapter, to: Format, quantization: str | None) -> str:
    """What a merged model is called if nobody says a name."""
    parts = [adapter.base, adapter.name, str(adapter.version)]
    parts += [quantization.lower()] if quantization else []
    parts += [to] if to != "gguf" else []
    return "-".join(parts)


def write_merged(
    adapter: Adapter, base: CatalogueEntry, folder: Path, to: Format, quantization: str | None
) -> str:
    """Write the merged model into an existing folder.

    Returns:
        How its weights are kept, and what they were before.

    Raises:
        InputError: The quantization is not one of this form.
        CapabilityError: The adapter or the base cannot be merged.
    """
    from workbench.models.formats.gguf_reader import read_gguf
    from workbench.models.formats.lora_merged import write_merged_folder, write_merged_gguf
    from workbench.models.loading import model_files

    files, peft = model_files(base), peft_folder(adapter)
    if to == "gguf":
        said = {
            "general.name": f"{base.name} with {adapter.reference}",
            "workbench.adapter": adapter.full_name,
        }
        path = write_merged_gguf(
            peft, folder / GGUF_NAME, base=files, type=quantization, metadata=said
        )
        gguf = read_gguf(path)
        before = gguf.metadata.get("workbench.encoding", "encoded from unquantised weights")
        return f"{_main_type(path)}, {before}"
    kind = quantization or "F16"
    if kind not in _DTYPES:
        raise InputError(
            f"quantization {kind!r} is not one of a folder: {', '.join(_DTYPES)}",
            hint="--to gguf has more, Q8_0 among them",
        )
    write_merged_folder(peft, folder, base=files, dtype=_DTYPES[kind])
    return f"{kind}, " + (base_encoding(base) or ("encoded from unquantised weights",))[0]


def base_encoding(base: CatalogueEntry) -> tuple[str, ...]:
    """What must be said where the base's own weights were quantised: no form of it is exact."""
    from workbench.models.loading import model_files

    gguf = model_files(base).gguf
    kind = _main_type(gguf) if gguf is not None else "F32"
    if kind in ("F32", "F16", "BF16"):
        return ()
    return (f"made of a base that was quantised as {kind}: what that lost is not brought back",)


def describe_made(
    adapter: Adapter, base: CatalogueEntry, folder: Path, exported: Export
) -> MadeModel:
    """The merged model's record for the catalogue."""
    from workbench.models.made_models import MadeModel

    assert exported.model is not None
    shape = _shape(folder, base)
    return MadeModel(
        name=exported.model,
        title=f"{base.name} with {adapter.reference} merged, {exported.encoding.split(',')[0]}",
        base_model=base.name,
        adapter=adapter.full_name,
        encoding=exported.encoding,
        license=base.license,
        license_url=base.license_url,
        engines=("llamacpp", "transformers", "mlx", "onnx")
        if exported.format == "gguf"
        else ("transformers", "mlx", "onnx"),
        files={file.name: file.sha256 for file in exported.files},
        system=base.system,
        sampling=dict(base.sampling),
        notes={"chat_template_sha256": adapter.record.chat_template_sha256},
        **shape,
    )


def _shape(folder: Path, base: CatalogueEntry) -> dict[str, Any]:
    """How large it is, from the file itself and its base."""
    from workbench.models.estimates import with_shape

    known = with_shape(base)
    kept = ("architecture", "layers", "kv_heads", "head_size", "context_tokens", "parameters")
    shape: dict[str, Any] = {name: getattr(known, name) for name in kept}
    if known.parameters:
        size = sum(
            path.stat().st_size
            for path in folder.iterdir()
            if path.suffix in (".gguf", ".safetensors")
        )
        shape["bits_per_weight"] = round(8 * size / known.parameters, 2)
    return shape


def _main_type(path: Path) -> str:
    """The type of most of a GGUF's numbers, its embeddings aside."""
    from workbench.models.formats.gguf_reader import read_gguf

    sizes: dict[str, int] = {}
    for name, tensor in read_gguf(path).tensors.items():
        if len(tensor.shape) > 1 and name not in ("token_embd.weight", "output.weight"):
            sizes[tensor.type] = sizes.get(tensor.type, 0) + math.prod(tensor.shape)
    return max(sizes, key=lambda kind: sizes[kind]) if sizes else "F32"
